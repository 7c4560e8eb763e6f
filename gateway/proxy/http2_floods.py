"""How much of what costs us more than it costs the client one HTTP/2 connection may send.

Each kind of frame that a fair client sends now and then has an allowance: so many at once, and so many each
second from then on. Where fair clients send them in step with something else, that gives some back.
"""

from __future__ import annotations

from gateway.proxy.http2_frames import (
    CONTINUATION,
    DATA,
    ENHANCE_YOUR_CALM,
    GOAWAY,
    PING,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Broken,
    Frame,
)

RESETS = (200, 20)
"""Requests cancelled, or broken so that we must reset them, beyond those that were answered whole."""
SETTINGS_FRAMES = (20, 1)
PINGS = (100, 10)
PRIORITIES = (200, 20)
WINDOW_UPDATES = (1_000, 100)
UPDATES_PER_FRAME = 4
"""Window updates given back for a frame of DATA that went out as large as it could be."""
EMPTY = (20, 5)
"""Frames of DATA without data, however padded, that end nothing."""
SMALL_DATA = 64
SMALL = (2_000, 500)
"""Frames of DATA with fewer bytes than SMALL_DATA."""
UNEXPECTED = (500, 50)
"""Frames for streams that are over, of no known kind, or that say goodbye again and again."""


class Allowance:
    """So many at once, so many each second; what is not used is not saved beyond the first number."""

    __slots__ = ("_left", "_most", "_per_second", "_since", "_what")

    def __init__(self, what: str, most_and_rate: tuple[int, int], now: float) -> None:
        self._what = what
        self._most, self._per_second = most_and_rate
        self._left = float(self._most)
        self._since = now

    def take(self, now: float) -> None:
        """Use one; raises Broken where there is none left. `now` is monotonic, in seconds."""
        if self._left < 1.0:
            self._left = min(float(self._most), self._left + (now - self._since) * self._per_second)
            self._since = now
            if self._left < 1.0:
                detail = f"more than {self._most} {self._what}, and {self._per_second} each second"
                raise Broken(ENHANCE_YOUR_CALM, detail, flood=True)
        elif self._left == self._most:
            self._since = now
        self._left -= 1.0

    def give_back(self, count: int) -> None:
        """Add to what is left."""
        self._left = min(float(self._most), self._left + count)


class FloodGuard:
    """The allowances of one connection; its methods raise Broken."""

    __slots__ = (
        "_empty",
        "_pings",
        "_priorities",
        "_resets",
        "_settings",
        "_small",
        "_unexpected",
        "_updates",
    )

    def __init__(self, now: float) -> None:
        self._resets = Allowance("resets", RESETS, now)
        self._settings = Allowance("SETTINGS", SETTINGS_FRAMES, now)
        self._pings = Allowance("PINGs", PINGS, now)
        self._priorities = Allowance("PRIORITYs", PRIORITIES, now)
        self._updates = Allowance("WINDOW_UPDATEs", WINDOW_UPDATES, now)
        self._small = Allowance("tiny DATA frames", SMALL, now)
        self._empty = Allowance("empty DATA frames", EMPTY, now)
        self._unexpected = Allowance("frames that nobody waits for", UNEXPECTED, now)

    def frame(self, frame: Frame, known: bool, now: float) -> None:
        """Count a frame that came; `known` tells whether its stream is being answered."""
        kind = frame.kind
        if kind == DATA:
            if not known:
                self._unexpected.take(now)
        elif kind == WINDOW_UPDATE:
            self._updates.take(now)
        elif kind == RST_STREAM:
            self._resets.take(now)
        elif kind == SETTINGS:
            self._settings.take(now)
        elif kind == PING:
            self._pings.take(now)
        elif kind == PRIORITY:
            self._priorities.take(now)
        elif kind > CONTINUATION or kind == GOAWAY:
            self._unexpected.take(now)

    def data(self, size: int, now: float) -> None:
        """Count the data of a frame that does not end its stream."""
        if not size:
            self._empty.take(now)
        elif size < SMALL_DATA:
            self._small.take(now)

    def forced_reset(self, now: float) -> None:
        """Count a stream that the client made us reset."""
        self._resets.take(now)

    def answered(self) -> None:
        """Note that a request was answered whole."""
        self._resets.give_back(1)

    def sent_freely(self) -> None:
        """Note a frame of DATA that was not cut short by a window."""
        self._updates.give_back(UPDATES_PER_FRAME)
