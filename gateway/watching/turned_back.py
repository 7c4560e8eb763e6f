"""What becomes of marks in the future: a clock that was ahead, and was put right, must not end the watching.

Whatever was read, looked at or decided by the wrong time is taken back to the right one. Records that bear a
time still to come are counted when it comes.
"""

from __future__ import annotations

import logging
import sqlite3

from gateway.routing.journal import in_one_piece
from gateway.watching import store
from gateway.watching.harvests import READ, SECOND, TIME
from gateway.watching.sentences import time_of

log = logging.getLogger("gateway.keeper")

PATIENCE = 60 * SECOND
"""A clock that is put back by less is waited for."""
_BY_TIME = ("looked:", "looked at own time:", f"{TIME}:")
_BY_ANSWER = ("answers", "predictions", "losses", "resources")


def take_back(connection: sqlite3.Connection, upto: int, now: float) -> bool:
    """Return to `upto` (µs) if the log was read beyond `now` (seconds); tell whether that was so."""
    marks = store.marks(connection)
    read = marks.get(READ, 0)
    if read <= now * SECOND + PATIENCE:
        return False
    log.warning(
        "the clock was put back: the log was read up to %s, and is read on from %s; check the clock of this "
        "machine if you do not know why",
        time_of(read / SECOND),
        time_of(upto / SECOND),
    )
    ahead = [name for name, at in marks.items() if at > upto and (name in (READ, "seen:") or _is_time(name))]
    alerts = store.states(connection, "alert")
    with in_one_piece(connection):
        store.set_marks(connection, dict.fromkeys(ahead, upto))
        store.set_states(
            connection, "alert", {key: None for key, alert in alerts.items() if alert["at"] * SECOND > upto}
        )
        connection.execute(
            f"DELETE FROM summaries WHERE start > ? AND kind IN ({', '.join('?' * len(_BY_ANSWER))})",  # noqa: S608
            (upto, *_BY_ANSWER),
        )
    return True


def _is_time(name: str) -> bool:
    return name.startswith(_BY_TIME)
