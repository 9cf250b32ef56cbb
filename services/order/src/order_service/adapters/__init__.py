"""The back doors: MongoDB, its twin in memory, the product service."""
