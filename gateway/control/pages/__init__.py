"""The dashboard: what the terminal shows, for people who would rather look."""
