"""Rollouts as people start, steer and see them."""
