"""What the gateway counts, and how anyone reads it."""
