"""The rules of products, stock and holds: plain Python."""
