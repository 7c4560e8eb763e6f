"""The logins for which the provider is being asked: few, so that a slow one does not take up the admin side.

Whoever begins a login may come back with a code that is none, so nobody gets all of the places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from gateway.control.access.lockout import group
from gateway.control.problems import Refusal

MOST: Final = 8
MOST_OF_ONE: Final = 2
"""Places of one address."""


class LoginPlaces:
    """The places of one event loop."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    @contextmanager
    def one(self, source: str, provider: str) -> Iterator[None]:
        """Take a place for an address; raises Refusal (503) at once where there is none."""
        name = group(source)
        if self._taken[name] >= MOST_OF_ONE or self._taken.total() >= MOST:
            raise Refusal(503, f"too many are logging in at {provider}; try again", {"retry-after": "2"})
        self._taken[name] += 1
        try:
            yield
        finally:
            self._taken[name] -= 1
            if not self._taken[name]:
                del self._taken[name]
