"""Questions to the request log: single requests, and SQL in a process of its own."""
