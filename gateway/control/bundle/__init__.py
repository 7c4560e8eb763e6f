"""The debug bundle: what an engineer elsewhere needs, and nothing of what users sent."""
