"""How many records each segment holds: what waits for a sink, and what it lost where a segment is gone."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from gateway.requestlog.places import LogPlaces
from gateway.requestlog.sinks.position import Position
from gateway.requestlog.sinks.segments import is_record, locate, marked_end, names
from gateway.requestlog.sinks.target import MEBIBYTE

_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Counted:
    """Of one segment: its records up to `end`, and its whole size in bytes."""

    end: int = 0
    records: int = 0
    size: int = 0


class Census:
    """The counts of all segments, shared by all sinks; remembers those that are gone until told otherwise."""

    def __init__(self, places: LogPlaces) -> None:
        self._places = places
        self._counted: dict[str, Counted] = {}
        self._next = float("-inf")
        self._oldest = ""
        self._lock = threading.Lock()

    def refresh(self, now: float) -> None:
        """Count what has been added, at most once a second; `now` in seconds of a steady clock."""
        with self._lock:
            if now < self._next:
                return
            self._next = now + _EVERY
            for name in names(self._places):
                if name >= self._oldest:
                    self._counted[name] = self._count(name, self._counted.get(name, Counted()))

    def _count(self, name: str, known: Counted) -> Counted:
        path = locate(self._places, name)
        try:
            if path is None or path.stat().st_size == known.size:
                return known
            with path.open("rb") as file:
                end = marked_end(file, known.end)
                records, at = known.records, known.end
                file.seek(at)
                while at < end:  # whole lines, and none behind `end`, at which a line ends
                    lines = file.readlines(min(MEBIBYTE, end - at - 1))
                    at = file.tell()
                    records += sum(map(is_record, lines))
                return Counted(end, records, path.stat().st_size)
        except FileNotFoundError:
            return known  # moved or removed this moment; the next round sees it

    def waiting(self, position: Position, there: list[str]) -> tuple[int, int]:
        """Return how many records, and bytes, wait behind a position in the segments that are there."""
        with self._lock:
            counted = [
                (name, self._counted.get(name, Counted())) for name in there if name >= position.segment
            ]
        records = sum(found.records for _, found in counted)
        size = sum(found.end for _, found in counted)
        if counted and counted[0][0] == position.segment:
            records, size = records - position.passed, size - position.offset
        return max(0, records), max(0, size)

    def gone(self, position: Position, following: str) -> int | None:
        """Return how many records lay between a position and a later segment; None: unknown."""
        with self._lock:
            between = [self._counted[name] for name in self._counted if position.segment <= name < following]
            if position.segment not in self._counted:
                return None
        return max(0, sum(found.records for found in between) - position.passed)

    def forget(self, oldest: str) -> None:
        """Drop the counts of segments that are older than the oldest one needed."""
        with self._lock:
            self._oldest = oldest
            self._counted = {name: found for name, found in self._counted.items() if name >= oldest}
