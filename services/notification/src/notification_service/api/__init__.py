"""The front door: one's own notices, the stream of them, and what one wants to be told."""
