"""Who asked for quiet about what, until when: kept with the alerts, written by API and command line."""

from __future__ import annotations

import sqlite3

from gateway.watching.notices import Silence

REMEMBERED = 90 * 86_400.0
_COLUMNS = "id, rule, route, author, reason, since, until"


def add(
    connection: sqlite3.Connection,
    rule: str,
    route: str,
    author: str,
    reason: str,
    since: float,
    until: float,
) -> Silence:
    """Keep a silence; return it with its number. Times are seconds since 1970."""
    connection.execute("DELETE FROM silences WHERE until < ?", (since - REMEMBERED,))
    row = connection.execute(
        "INSERT INTO silences (rule, route, author, reason, since, until) VALUES (?, ?, ?, ?, ?, ?) "
        "RETURNING id, rule, route, author, reason, since, until",
        (rule, route, author, reason, since, until),
    ).fetchone()
    return Silence(*row)


def end(connection: sqlite3.Connection, rule: str, route: str, now: float) -> list[Silence]:
    """End the silences of a rule on a route (empty: on every one) now; return those that were in force."""
    ended = [it for it in in_force(connection, now) if it.rule == rule and route in ("", it.route)]
    connection.executemany("UPDATE silences SET until = ? WHERE id = ?", [(now, it.id) for it in ended])
    return ended


def end_one(connection: sqlite3.Connection, number: int, now: float) -> Silence | None:
    """End the silence of that number; None where there is none in force."""
    found = next((it for it in in_force(connection, now) if it.id == number), None)
    if found is not None:
        connection.execute("UPDATE silences SET until = ? WHERE id = ?", (now, number))
    return found


def in_force(connection: sqlite3.Connection, now: float) -> list[Silence]:
    """Return the silences that hold now, the oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM silences WHERE since <= ? AND until > ? ORDER BY id",  # noqa: S608 - a constant
        (now, now),
    )
    return [Silence(*row) for row in rows]
