"""Measures the gateway beside other proxies, and shows it at work on real flights.

Scripts, not a library: `python -m benchmarks.bench` and `python -m benchmarks.demo`. Nothing in `gateway/`
imports them.
"""
