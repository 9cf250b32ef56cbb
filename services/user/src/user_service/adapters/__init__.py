"""The back doors: PostgreSQL, argon2, keys, and the twins in memory."""
