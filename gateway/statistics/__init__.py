"""Numbers only: nothing here knows of HTTP, files or processes."""
