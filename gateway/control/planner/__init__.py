"""The plan of a rollout before it starts."""
