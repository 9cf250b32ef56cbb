"""Not here, as in the images: the supervisor watches files, and uvicorn would load what it watches with."""

raise ImportError("watchfiles")
