"""The back doors: PostgreSQL and its twin in memory."""
