"""What we sell, and how many are left."""
