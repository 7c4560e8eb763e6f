"""/metrics: one file for each family of counters."""
