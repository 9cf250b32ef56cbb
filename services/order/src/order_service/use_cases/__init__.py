"""What order does, one verb a file."""
