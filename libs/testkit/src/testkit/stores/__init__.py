"""Real stores for tests: found, or started privately, or installed. Never skipped."""
