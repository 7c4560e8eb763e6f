"""Which route a path belongs to: the longest prefix on segment boundaries wins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def longest_prefix(routes: Mapping[bytes, T], path: bytes) -> T | None:
    """Return the value under the longest prefix of `path`, or None.

    `routes` is keyed by path without a trailing slash (the root is `/`). The cost depends on the depth of
    the path alone, not on the number of routes.
    """
    found = routes.get(path)
    if found is not None:
        return found
    end = path.rfind(b"/")
    while end > 0:
        found = routes.get(path[:end])
        if found is not None:
            return found
        end = path.rfind(b"/", 0, end)
    return routes.get(b"/")
