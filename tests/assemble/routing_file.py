"""A fair routing.yaml whose service answers nobody, on ports that the system chooses."""

from __future__ import annotations

ROUTING = """\
services:
  blue: {url: "http://127.0.0.1:1"}
weights: {blue: 100}
listen: 127.0.0.1:0
admin: 127.0.0.1:0
"""
