"""Proves, by simulation, what docs/rollout-statistics.md promises of the judge."""
