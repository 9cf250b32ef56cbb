"""One order's life as one timeline, told by everybody who had a part in it."""
