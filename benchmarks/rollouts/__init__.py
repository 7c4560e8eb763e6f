"""Rollouts through a real gateway: good versions, bad ones, and what users got until each was noticed."""
