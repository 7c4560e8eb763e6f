"""The alarms of watching for `status` and /metrics: how many of which rule fire on which route.

The watcher's database is opened to be read alone and waited for a moment only, for `status` must answer
whatever state that file is in; and without the modules that work alerts out: the command line pays for each.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from gateway.watching import store

PATIENCE = 0.2
"""Seconds that a database is waited for that somebody else holds."""
VERSIONS_NAMED = 3

State = Literal["pending", "firing", "silenced"]


@dataclass(frozen=True, slots=True)
class Alarms:
    """The alerts of one rule and route (empty: of all routes) in one state. `silenced`: they fire, and
    somebody has asked that nobody be told."""

    rule: str
    route: str
    severity: str
    state: State
    signal: str
    versions: tuple[str, ...]
    count: int


def read_alarms(path: Path, now: float) -> tuple[list[Alarms], str]:
    """Return what is pending or fires, the worst first, and why that cannot be told, empty if it can.

    `path` is that of the watcher's database, `now` is in seconds since 1970.
    """
    if not path.exists():
        return [], ""  # nothing was watched yet
    try:
        uri = f"file:{quote(str(path))}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=PATIENCE)) as connection:
            found = store.states(connection, "alert")
            rows = connection.execute(
                "SELECT rule, route FROM silences WHERE since <= ? AND until > ?", (now, now)
            )
            return _counted(found.values(), frozenset(rows)), ""
    except (sqlite3.Error, ValueError, KeyError) as error:
        return [], f"alarms cannot be told: {path} cannot be read: {error}"


def _counted(alerts: Iterable[Mapping[str, Any]], silences: frozenset[tuple[str, str]]) -> list[Alarms]:
    groups: dict[tuple[str, str, str, State], list[Mapping[str, Any]]] = {}
    for alert in alerts:
        rule, route, state = alert["rule"], alert["route"], alert["course"]["state"]
        if state == "firing" and silences & {(rule, route), (rule, "")}:
            state = "silenced"
        if state in ("firing", "silenced", "pending"):
            groups.setdefault((rule, route, alert["severity"], state), []).append(alert)
    found = [
        Alarms(*key, of[0]["signal"], tuple(sorted({it["version"] for it in of} - {""})), len(of))
        for key, of in groups.items()
    ]
    return sorted(found, key=lambda it: (it.severity != "page", it.rule, it.route, it.state))


def alarm_warnings(path: Path, now: float) -> Iterator[str]:
    """Yield a sentence for each rule and route that fires and was not silenced."""
    found, problem = read_alarms(path, now)
    if problem:
        yield problem
    yield from (_sentence(it) for it in found if it.state == "firing")


def _sentence(alarms: Alarms) -> str:
    where = f"route {alarms.route}" if alarms.route else "all routes"
    named = ", ".join(alarms.versions[:VERSIONS_NAMED])
    if (more := len(alarms.versions) - VERSIONS_NAMED) > 0:
        named += f" and {more} more"
    of = f" of {named}" if named else ""
    times = f", {alarms.count} times" if alarms.count > 1 else ""
    return (
        f"alarm ({alarms.severity}) {alarms.rule} on {where}: {alarms.signal}{of}{times}; "
        "for more: gateway alerts"
    )
