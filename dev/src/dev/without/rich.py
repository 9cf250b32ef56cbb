"""Not here, as in the images: a linter brings it, and structlog would load it into every process (5 MB, 0.13 s)."""

raise ImportError("rich")
