"""A wire between two processes that misbehaves as it is told."""
