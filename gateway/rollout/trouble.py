"""What went wrong in ticks that come every second: each kind is logged once, until things go well again."""

from __future__ import annotations

import logging
import sqlite3

from gateway.errors import GatewayError

log = logging.getLogger("gateway.rollout")


class Troubles:
    """Remembers what was logged, by route; an empty name stands for all of them."""

    def __init__(self) -> None:
        self._known: set[tuple[str, type[Exception]]] = set()

    def tell(self, route: str, error: Exception) -> None:
        """Log an error, unless one of its kind has been logged since this route was well."""
        kind = (route, type(error))
        if kind in self._known:
            return
        self._known.add(kind)
        what = f"the rollout of route {route}" if route else "rollouts"
        is_expected = isinstance(error, (GatewayError, sqlite3.Error, OSError, ValueError))
        trace = None if is_expected else error
        log.error("%s: %s; it is looked at again every second", what, error, exc_info=trace)

    def settle(self, route: str) -> None:
        """Things are well with this route."""
        self._known = {found for found in self._known if found[0] != route}
