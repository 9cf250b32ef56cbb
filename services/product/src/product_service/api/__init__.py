"""The front door: it translates, and decides nothing."""
