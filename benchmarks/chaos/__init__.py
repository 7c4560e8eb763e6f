"""Faults on purpose: what each costs the clients of a real gateway, as figures in one table."""
