"""Old summaries become coarser: the route's own buckets for two days, hours for ninety, then days for good.

"For good" ends after ten years of days. Ages are counted from what was looked at last, so a replay of an old
year is kept as finely as the present.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from gateway.routing.journal import in_one_piece
from gateway.watching import store
from gateway.watching.harvests import DAY, SECOND
from gateway.watching.store import Place

HOUR = 3_600 * SECOND
FINE, HOURLY, KEPT = 2 * DAY, 90 * DAY, 3_650 * DAY
"""Up to which age buckets stay as they were made, are hours, are there at all."""
_MOST = 5_000
"""Rows at most that one call touches, so that nothing waits long for it."""


def coarsen(connection: sqlite3.Connection, kind: str, route: str, now: int) -> int:
    """Merge what has become old by `now` (microseconds) and remove what is too old; return how many rows."""
    with in_one_piece(connection):
        removed = connection.execute(
            "DELETE FROM summaries WHERE kind = ? AND route = ? AND start < ?", (kind, route, now - KEPT)
        ).rowcount
        merged = _merge(connection, kind, route, DAY, now - HOURLY)
        merged += _merge(connection, kind, route, HOUR, now - FINE)
    return int(removed) + merged


def _merge(connection: sqlite3.Connection, kind: str, route: str, span: int, before: int) -> int:
    before = before // span * span  # whole buckets alone
    rows = connection.execute(
        "SELECT version, basis, start, body FROM summaries WHERE kind = ? AND route = ? AND span < ? "
        "AND start < ? ORDER BY start LIMIT ?",
        (kind, route, span, before, _MOST),
    ).fetchall()
    for version, basis, start, body in rows:
        store.remove(connection, kind, route, version, basis, start)
        place = Place(kind, route, version, basis, start // span * span, span)
        store.add(connection, {place: store.read(kind, body)})
    return len(rows)


def ages(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield each kind and route that has summaries, but for those that wait to be judged."""
    rows = connection.execute("SELECT DISTINCT kind, route FROM summaries WHERE kind <> 'days' ORDER BY 1, 2")
    yield from rows.fetchall()


def forget_bases(connection: sqlite3.Connection) -> None:
    """Remove bins in which nothing is counted any more, but for those that a version is counted in now."""
    connection.execute(
        "DELETE FROM bases WHERE NOT EXISTS (SELECT 1 FROM summaries s WHERE s.kind = 'predictions' "
        "AND s.route = bases.route AND s.version = bases.version AND s.basis = bases.digest) "
        "AND at < (SELECT max(at) FROM bases other WHERE other.route = bases.route "
        "AND other.version = bases.version)"
    )
