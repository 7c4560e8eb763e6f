"""All rings at once: found, taken from in turns, released together once their records are safe.

A ring belongs to a worker's number. It outlives its worker, and where the next one makes another in its place
the old one is read to the end first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from gateway.requestlog.marks import Mark, RingMark
from gateway.requestlog.ring_layout import RingError
from gateway.requestlog.ring_read import RingReader, has_waiting

log = logging.getLogger("gateway.recorder")

SHARE = 256 * 1024
"""Bytes that are taken from one ring before the others have their turn: no more than a cache holds."""
UNREADABLE = "unreadable"
"""Records are dropped for this reason where something else wrote into a ring."""


class Loss(NamedTuple):
    """Records of a worker that will never be written."""

    worker: int
    reason: str
    records: int


@dataclass(slots=True)
class Source:
    """One ring being read; `released` is how far its records are safe, `told` the drops known until then."""

    reader: RingReader
    released: int
    told: dict[str, int] = field(default_factory=dict)
    last_n: int = 0


class Intake:
    """Every ring there is, by the number of its worker."""

    def __init__(self, rings: Callable[[], Iterable[Path]]) -> None:
        self._rings = rings
        self._sources: dict[int, Source] = {}
        self._complained: set[Path] = set()
        self._lost: list[Loss] = []

    def look(self) -> None:
        """Attach to rings that are new, and let go of those that another one stands in the place of."""
        for number, source in list(self._sources.items()):
            if source.reader.is_replaced() and not source.reader.unread and not self._untold(source):
                source.reader.close()
                del self._sources[number]
        for path in self._rings():
            number = int(path.name.rpartition("-")[2])
            if number not in self._sources and (reader := self._attached(path)) is not None:
                told = dict.fromkeys(reader.dropped(), 0)
                self._sources[number] = Source(reader, reader.tail, told, 0)

    def _attached(self, path: Path) -> RingReader | None:
        try:
            reader = RingReader(path)
        except (OSError, RingError) as error:
            if path not in self._complained:
                number = path.name.rpartition("-")[2]
                log.error("worker %s: %s; it is tried again", number, error)
                self._complained.add(path)
                if has_waiting(path):  # nobody knows how many, but a gap there is
                    self._lost.append(Loss(int(number), UNREADABLE, 1))
            return None
        self._complained.discard(path)
        return reader

    def births(self) -> dict[int, int]:
        """Return when each ring was made, by worker."""
        return {number: source.reader.birth for number, source in self._sources.items()}

    def go_on(self, marks: Mapping[int, RingMark]) -> None:
        """Skip what a recorder before this one has written already."""
        for number, mark in marks.items():
            source = self._sources.get(number)
            if source is None or source.reader.birth != mark.birth:
                continue
            for reason, count in mark.dropped.items():
                source.told[reason] = max(source.told.get(reason, 0), count)
            if mark.tail > source.released:
                try:
                    source.reader.seek(mark.tail)
                except RingError as error:
                    self._give_up(number, source, error)
                source.released = source.reader.tail

    def take(self) -> list[tuple[int, list[bytes]]]:
        """Return the next frames of each worker that has any; `release` or `put_back` comes next."""
        taken = []
        for number, source in self._sources.items():
            try:
                frames = source.reader.take(SHARE)
            except RingError as error:
                self._give_up(number, source, error)
                continue
            if frames:
                taken.append((number, frames))
        return taken

    def _give_up(self, number: int, source: Source, error: RingError) -> None:
        log.error("worker %d: %s", number, error)
        dropped = sum(source.reader.dropped().values()) - sum(source.told.values())
        lost = source.reader.n - source.last_n - dropped
        source.reader.reset()
        source.released = source.reader.tail
        source.last_n = source.reader.n
        self._lost.append(Loss(number, UNREADABLE, max(lost, 1)))

    def release(self, taken: Iterable[tuple[int, list[bytes]]]) -> None:
        """Wipe what was taken: it is safe, or given up."""
        for number, frames in taken:
            source = self._sources[number]
            source.last_n = int.from_bytes(frames[-1][8:16], "little")
            try:
                source.reader.release()
            except RingError as error:
                self._give_up(number, source, error)
            source.released = source.reader.tail

    def give_up(self) -> None:
        """Count what was taken as released in marks from now on; `release` comes next."""
        for source in self._sources.values():
            source.released = source.reader.tail

    def put_back(self) -> None:
        """Take the same again next time."""
        for source in self._sources.values():
            source.reader.tail = source.released

    def losses(self) -> list[Loss]:
        """Return what was dropped since the last call."""
        found, self._lost = self._lost, []
        for number, source in self._sources.items():
            for reason, records in self._untold(source).items():
                found.append(Loss(number, reason, records))
                source.told[reason] = source.told.get(reason, 0) + records
        return found

    def _untold(self, source: Source) -> dict[str, int]:
        dropped = source.reader.dropped()
        return {
            reason: count - source.told.get(reason, 0)
            for reason, count in dropped.items()
            if count > source.told.get(reason, 0)
        }

    def mark(self, counts: Mapping[str, object], *, released: bool = False) -> Mark:
        """Return how far all rings have been taken, or only what of that was released."""
        return Mark(
            {
                number: RingMark(
                    source.reader.birth, source.released if released else source.reader.tail, source.told
                )
                for number, source in self._sources.items()
            },
            counts,
        )

    def unread(self) -> int:
        """Return how many bytes wait in all rings."""
        return sum(source.reader.unread for source in self._sources.values())

    def fill(self) -> float:
        """Return how full the fullest ring is, from 0 to 1."""
        readers = [source.reader for source in self._sources.values()]
        return max((reader.unread / reader.size for reader in readers), default=0.0)

    def close(self) -> None:
        """Let go of all rings."""
        for source in self._sources.values():
            source.reader.close()
        self._sources.clear()
