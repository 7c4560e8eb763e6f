"""A worker's part of the request log: which requests are logged, and the ring that their frames go into."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from gateway.errors import Fault
from gateway.http.strict import RequestLine
from gateway.monitoring.tally_layout import HIT_LOG_REFUSED, OK
from gateway.proxy.log_entry import Entry
from gateway.requestlog.policy import LogPolicy
from gateway.requestlog.ring import RingWriter
from gateway.routing.log_document import settings_from

log = logging.getLogger("gateway.worker")

ALL: Final = 1 << 32
"""Requests are told apart by the last 32 bits of their id; a share of them is a share of these."""
REFUSED_AT_ONCE, REFUSED_EACH_TICK = 200, 20
"""Requests refused or redirected that are written down of each route at once, and for each tick of a tenth of
a second: whoever sends a flood of them must neither push the others out of the ring nor hide what another
route refused."""
NO_LINE = RequestLine(b"", b"", b"", True, None)
"""Stands for that of a request whose line was never read."""
_UNMATCHED = LogPolicy(bodies=False)


class RouteLog:
    """What of one route's requests is logged; `revision` is that of the plan."""

    __slots__ = ("_filled", "_room", "_share", "bodies", "body_limit", "book", "name", "revision")

    def __init__(self, book: Logbook, name: str, policy: LogPolicy, revision: int) -> None:
        self.book = book
        self.name = name.encode()
        self.revision = revision
        self.bodies = policy.bodies
        self.body_limit = policy.body_limit if policy.bodies else -1
        self._share = share_of(policy.sample)
        self._room = REFUSED_AT_ONCE
        self._filled = book.ticks

    def begin(self, line: RequestLine, draw: int, identity: bytes, started: float) -> Entry | None:
        """Return the entry of a request, None where it is not of the share that is logged.

        `draw` is its id as a number, `identity` the same in hex.
        """
        if self._share < ALL and draw & (ALL - 1) >= self._share:
            return None
        return Entry(self, line, identity, started)

    def pay(self) -> bool:
        """Tell whether one more request that no service hears of may be written down, and count it."""
        ticks = self.book.ticks
        self._room = min(self._room + (ticks - self._filled) * REFUSED_EACH_TICK, REFUSED_AT_ONCE)
        self._filled = ticks
        if not self._room:
            return False
        self._room -= 1
        return True


class Logbook:
    """One worker's log, as long as any route logs."""

    __slots__ = ("_hit", "_offset", "ring", "ticks", "unmatched")

    def __init__(self, ring: RingWriter, hit: Callable[[int], None] = lambda _: None) -> None:
        """`hit` counts what is left out, by its number among `LIMITS`."""
        self.ring = ring
        self._hit = hit
        self._offset = 0.0
        self.ticks = 0
        self.serve(0)

    def serve(self, revision: int) -> None:
        """Go on under another plan."""
        self.unmatched = RouteLog(self, "", _UNMATCHED, revision)
        self.tick()

    def tick(self) -> None:
        """Keep up with the clock on the wall, which may be set at any time; make room for more refusals.

        A tick is a tenth of a second.
        """
        self._offset = time.time() - time.monotonic()
        self.ticks += 1

    def wall_clock(self, monotonic: float) -> int:
        """Return a time of CLOCK_MONOTONIC as microseconds since 1970."""
        found = int((self._offset + monotonic) * 1e6)
        return found if found > 0 else 0

    def refused(self, fault: Fault, line: RequestLine, of: RouteLog | None, draw: int) -> None:
        """Write down a request that the gateway answered with a problem before it had an exchange.

        `of` is the log of its route, `unmatched` where it has none. A mistake of the client's that comes too
        often is counted instead.
        """
        entry = self._entry(line, of, draw, fault.outcome == "refused")
        if entry is not None:
            entry.failed(b"", fault, 0.0, True)

    def unread(self, fault: Fault, draw: int) -> None:
        """Write down a request that was refused before its line was read."""
        self.refused(fault, NO_LINE, self.unmatched, draw)

    def redirected(self, line: RequestLine, of: RouteLog | None, draw: int) -> None:
        """Write down a request that was sent to https, or count it where such come too often."""
        entry = self._entry(line, of, draw, True)
        if entry is not None:
            entry.headed(308, 0.0)
            entry.ended(b"", OK, 0.0, True)

    def _entry(self, line: RequestLine, of: RouteLog | None, draw: int, pays: bool) -> Entry | None:
        """Return the entry of a request that is over; one that `pays` has none once its route's are spent."""
        entry = of.begin(line, draw, b"%032x" % draw, time.monotonic()) if of is not None else None
        if pays and entry is not None and of is not None and not of.pay():
            self._hit(HIT_LOG_REFUSED)
            return None
        return entry


def share_of(sample: float) -> int:
    """Return how many of the last 32 bits' values make such a share."""
    return round(sample * ALL)


def follow(
    book: Logbook | None,
    document: Mapping[str, Any],
    path: Path,
    hit: Callable[[int], None] = lambda _: None,
) -> Logbook | None:
    """Return the log that a plan's document asks for, made in this file unless there is one already.

    `hit` is as in `Logbook`. None where no route logs, or there is no memory: then requests are answered all
    the same.
    """
    if all("log" in route and route["log"] is None for route in document["routes"]):
        return None
    if book is None:
        try:
            book = Logbook(RingWriter(path, settings_from(document).buffer), hit)
        except OSError as error:
            log.warning(
                "%s cannot be made (%s), so this worker logs no requests; make room in %s, then publish any "
                "change",
                path,
                error.strerror,
                path.parent,
            )
            return None
    return book
