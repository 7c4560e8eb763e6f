"""Models in production, watched: what the log shows becomes summaries, and summaries alarms."""
