"""What of the log has had its time: each route keeps its records so long, and so many bytes of them.

`expired` decides, from what the files hold; `retention_step` reads that and does it. A file goes once all its
records are too old, and is written anew without the routes whose own are: so a record outlives its time by
what its file spans, a day at most. Records of no route, or of one that routing.yaml no longer has, are kept
as long as the longest of the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.files import sync
from gateway.requestlog.catalog import Sealed, exclusive, file_name, sweep, visible
from gateway.requestlog.damage import is_readable, is_whole, unreadable
from gateway.requestlog.engine import write_sealed, writer
from gateway.requestlog.formats import literal, sealed
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import LogPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Holding:
    """What a sealed file holds: bytes, the time of its last record (seconds since 1970), rows by route.

    The route of a record without one is the empty text.
    """

    file: Sealed
    size: int
    last: float
    rows: Mapping[str, int]

    def share(self, route: str) -> float:
        """Return the bytes of one route, as far as rows tell."""
        return self.size * self.rows.get(route, 0) / max(1, sum(self.rows.values()))


@dataclass(frozen=True, slots=True)
class Expiry:
    """A file and the routes whose records in it have had their time; `whole`: nothing else is in it."""

    holding: Holding
    routes: frozenset[str]

    @property
    def whole(self) -> bool:
        """Tell whether the file goes altogether."""
        return self.routes >= set(self.holding.rows)


@dataclass(slots=True)
class Known:
    """What files hold, by path, so that each is read once only: they never change."""

    holdings: dict[Path, Holding] = field(default_factory=dict)


def expired(holdings: Sequence[Holding], policies: Mapping[str, LogPolicy], now: float) -> list[Expiry]:
    """Return what is to be removed at `now`, in seconds since 1970 (pure).

    Of each route and table the newest file is never too much, however large it is.
    """
    longest = max((policy.keep for policy in policies.values()), default=LogPolicy().keep)
    too_much = _too_much(holdings, policies)
    found = []
    for holding in holdings:
        gone = frozenset(
            route
            for route in holding.rows
            if holding.last < now - (policies[route].keep if route in policies else longest)
            or (holding.file, route) in too_much
        )
        if gone:
            found.append(Expiry(holding, gone))
    return found


def _too_much(holdings: Sequence[Holding], policies: Mapping[str, LogPolicy]) -> set[tuple[Sealed, str]]:
    """Return the files in which a route's records are beyond its size, counted from the newest."""
    newest_first = sorted(holdings, key=lambda h: (-h.last, h.file.first, h.file.table))
    beyond: set[tuple[Sealed, str]] = set()
    for route, policy in policies.items():
        total = 0.0
        seen: set[str] = set()
        for holding in newest_first:
            if route in holding.rows:
                total += holding.share(route)
                if total > policy.max_size and holding.file.table in seen:
                    beyond.add((holding.file, route))
                seen.add(holding.file.table)
    return beyond


def retention_step(
    places: LogPlaces, policies: Mapping[str, LogPolicy], now: float, known: Known | None = None
) -> list[Expiry]:
    """Remove what has had its time; `now` in seconds since 1970. Return what was removed.

    A file that cannot be read goes once nothing that it may hold is to be kept. Labels are not touched.
    Raises GatewayError and OSError as `merge_step` does.
    """
    known = known or Known()
    with writer() as connection:
        if not expired(_holdings(places, connection, known), policies, now):
            return []
        with exclusive(places):
            sweep(places)
            gone = expired(_holdings(places, connection, known), policies, now)
            return _removed(connection, gone)


def _removed(connection: DuckDBPyConnection, gone: Sequence[Expiry]) -> list[Expiry]:
    """Remove what can be; raises GatewayError at the end where a file could not be written anew."""
    import duckdb

    done: list[Expiry] = []
    unsound: list[Path] = []
    for expiry in gone:
        path = expiry.holding.file.path
        try:
            _remove(connection, expiry)
        except duckdb.Error:
            if is_readable(connection, path):
                raise
            unsound.append(path)
        else:
            done.append(expiry)
    if unsound:
        raise unreadable(unsound)
    return done


def longest_keep(policies: Mapping[str, LogPolicy]) -> float:
    """Return for how many seconds some record may be kept, and with it every label."""
    return max((policy.keep for policy in policies.values()), default=LogPolicy().keep)


def _holdings(places: LogPlaces, connection: DuckDBPyConnection, known: Known) -> list[Holding]:
    import duckdb

    found: dict[Path, Holding] = {}
    unsound: list[Holding] = []
    for file in visible(places).sealed:
        try:
            found[file.path] = known.holdings.get(file.path) or _read(connection, file)
        except FileNotFoundError:  # replaced since it was listed
            continue
        except duckdb.Error:
            if not file.path.exists():  # replaced since its size was asked
                continue
            if is_whole(file.path) and is_readable(connection, file.path):
                raise
            unsound.append(_of_damaged(file))
    known.holdings = found  # without the damaged ones: they may be restored
    return [*found.values(), *unsound]


def _of_damaged(file: Sealed) -> Holding:
    """Return a holding of nothing, which goes with the last that may be in the file."""
    end = datetime.fromisoformat(file.day).replace(tzinfo=UTC) + timedelta(days=1)
    return Holding(file, 0, end.timestamp(), {"": 0})


def _read(connection: DuckDBPyConnection, file: Sealed) -> Holding:
    size = file.path.stat().st_size
    route, ts = ("''", "until") if file.table == "gaps" else ("coalesce(route, '')", "ts")
    rows = connection.execute(
        f"SELECT {route} AS r, count(*), epoch(max({ts})) FROM {sealed([file.path])} GROUP BY r"  # noqa: S608
    ).fetchall()
    return Holding(file, size, max((r[2] for r in rows), default=0.0), {r[0]: r[1] for r in rows})


def _remove(connection: DuckDBPyConnection, expiry: Expiry) -> None:
    file = expiry.holding.file
    if not expiry.whole:
        routes = ", ".join(literal(route) for route in sorted(expiry.routes))
        target = file.path.with_name(file_name(file.first, file.last, file.generation + 1))
        source = sealed([file.path])
        write_sealed(
            connection,
            f"SELECT * FROM {source} WHERE coalesce(route, '') NOT IN ({routes})",  # noqa: S608
            target,
        )
    file.path.unlink()
    sync(file.path.parent)
    if not any(file.path.parent.iterdir()):
        file.path.parent.rmdir()
