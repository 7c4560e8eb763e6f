"""A sink's position as it moves through the segments: on to the next, past what is gone or given up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gateway.errors import GatewayError
from gateway.files import sync
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import Sink
from gateway.requestlog.sinks import position as positions
from gateway.requestlog.sinks.census import Census
from gateway.requestlog.sinks.needed import position_file
from gateway.requestlog.sinks.position import Position
from gateway.requestlog.sinks.segments import locate, marked_end, names, read_batch
from gateway.requestlog.sinks.target import MEBIBYTE, Record

_SAVED_EVERY = 1.0
_LOG = logging.getLogger(__name__)


class Course:
    """Where one sink is; the only place that changes its position or stores it."""

    def __init__(
        self, sink: Sink, places: LogPlaces, census: Census, wants: Callable[[Record], bool]
    ) -> None:
        self._sink = sink
        self._places = places
        self._census = census
        self._wants = wants
        self._file = position_file(places, sink.name)
        self._stored: Position | None = None
        self._saved_at = float("-inf")
        self._looked_at = float("-inf")
        self.position = Position()

    def look(self, now: float) -> None:
        """Find the place to go on from, and once a second give up what is too much; raises OSError."""
        if self._stored is None:
            self.position = self._stored = self._load()
        if now >= self._looked_at + 1.0:
            self._looked_at = now
            self._census.refresh(now)
            self._give_up()

    def _load(self) -> Position:
        try:
            return positions.load(self._file)
        except GatewayError as error:
            _LOG.warning("sink %s: %s; everything that is still there is sent again", self._sink.name, error)
            return Position()

    def next_segment(self) -> tuple[Path, bool] | None:
        """Return the segment to read on in, and whether no more will be written to it; None: none yet."""
        there = names(self._places)
        while True:
            segment = self.position.segment
            following = next((name for name in there if name > segment), "")
            path = locate(self._places, segment) if segment else None
            if path is not None and (not following or self._is_unread(path)):
                return path, bool(following)
            if not following:
                return None
            self._go_to(following, 0 if path is not None or not segment else self._gone(following))

    def _is_unread(self, path: Path) -> bool:
        with path.open("rb") as file:
            return marked_end(file, self.position.offset) > self.position.offset

    def _gone(self, following: str) -> int:
        lost = self._census.gone(self.position, following)
        if lost is None:
            self.count(vanished=1)
        return lost or 0

    def _go_to(self, segment: str, lost: int) -> None:
        place = self.position
        self.position = replace(place, segment=segment, offset=0, passed=0, lost=place.lost + lost)

    def _give_up(self) -> None:
        """Leave the oldest segments behind while more waits than may; never the one being written."""
        sizes = {name: self._size(name) for name in names(self._places) if name >= self.position.segment}
        if self.position.segment and self.position.segment not in sizes:
            return  # gone: that is counted first
        waiting = sum(sizes.values()) - self.position.offset
        for name, following in zip(list(sizes), list(sizes)[1:], strict=False):
            if waiting <= self._sink.spill:
                return
            begun = name == self.position.segment
            waiting -= sizes[name] - (self.position.offset if begun else 0)
            lost = self._wanted(name, self.position if begun else Position())
            self._go_to(following, lost)

    def _wanted(self, name: str, place: Position) -> int:
        """Count the records that would have been sent of a segment, from a place in it on."""
        path = locate(self._places, name)
        if path is None:
            return 0
        count, at = 0, place.offset
        with path.open("rb") as file:
            while True:
                batch = read_batch(file, at, 0, self._wants, MEBIBYTE, MEBIBYTE)
                count += len(batch.items)
                if batch.end == at:
                    return count
                at = batch.end

    def _size(self, name: str) -> int:
        path = locate(self._places, name)
        return path.stat().st_size if path is not None else 0

    def move(self, offset: int, passed: int, *, sent: int = 0, refused: int = 0, lost: int = 0) -> None:
        """Go on within the segment, and count what became of the records passed."""
        self.position = replace(self.position, offset=offset, passed=passed)
        self.count(sent=sent, refused=refused, lost=lost)

    def count(self, *, sent: int = 0, refused: int = 0, lost: int = 0, vanished: int = 0) -> None:
        """Add to the counts."""
        place = self.position
        self.position = replace(
            place,
            sent=place.sent + sent,
            refused=place.refused + refused,
            lost=place.lost + lost,
            vanished=place.vanished + vanished,
        )

    def save_if_due(self, now: float, at_once: bool = False) -> str:
        """Store the position if it has moved, at most once a second; return what went wrong, else nothing."""
        if self.position == self._stored or (now < self._saved_at + _SAVED_EVERY and not at_once):
            return ""
        self._saved_at = now
        return self.save()

    def save(self) -> str:
        """Store the position if it has moved; return what went wrong, else an empty text.

        A position that cannot be stored stops nothing: what follows it is sent again after a restart.
        """
        if self.position == self._stored or self._stored is None:
            return ""
        try:
            path = locate(self._places, self.position.segment)
            if path is not None:
                sync(path)  # or a power cut could leave the position behind the segment's end
            positions.store(self._file, self.position)
        except OSError as error:
            return f"how far it has come cannot be stored: {error}"
        self._stored = self.position
        return ""

    def waiting(self, now: float) -> tuple[int, int]:
        """Return how many records, and bytes, have not been sent."""
        self._census.refresh(now)
        return self._census.waiting(self.position, names(self._places))
