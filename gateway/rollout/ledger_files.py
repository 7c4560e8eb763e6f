"""The ledgers of one rollout, of all workers there have been, read a little further at each look."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from gateway.monitoring.ledger_read import Counter, Entry, Ledger, read_ledger
from gateway.rollout.gather import added_up
from gateway.rollout.starts import Pair
from gateway.routing.places import Places

Waiting = tuple[int, str, int, Entry]
"""An entry with its time in monotonic milliseconds, its file and its place there: all that orders entries."""


@dataclass(slots=True)
class _File:
    """What is known of one file; `at` is the time of the latest entry read."""

    counters: tuple[Counter, ...] = ()
    read: int = 0
    at: int = 0


class LedgerFiles:
    """`troubles` are sentences about the last look.

    `is_complete`: every file there is could be read. `is_lost`: one that was known is gone, or was made anew.
    """

    def __init__(self, places: Places, rollout: int) -> None:
        self._places = places
        self._rollout = rollout
        self._files: dict[str, _File] = {}
        self._waiting: list[Waiting] = []
        self.troubles: list[str] = []
        self.is_full = False
        self.is_complete = self.is_lost = False

    def look(self) -> None:
        """Read what is new; what cannot be read stays as it was known."""
        self.troubles = []
        self.is_full = False
        self.is_complete, self.is_lost = True, False
        paths = self._places.ledgers(self._rollout)
        for name in self._files.keys() - {path.name for path in paths}:
            self._lose(name)
        for path in paths:
            self._look_into(path)
        self._waiting.sort()

    def totals(self) -> dict[int, Pair]:
        """Return what the plain counters add up to, for each interval."""
        return added_up(chain.from_iterable(file.counters for file in self._files.values()))

    def intervals(self, begin: int, until: int) -> set[int]:
        """Return the intervals of the entries that wait with a time from `begin` to `until` (ms)."""
        return {entry.since for at, _, _, entry in self._waiting if begin <= at <= until}

    def take(self, until: int) -> list[Waiting]:
        """Return the entries up to that time (monotonic milliseconds) that were not returned before."""
        count = bisect_right(self._waiting, until, key=lambda waiting: waiting[0])
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    def put_back(self, entries: list[Waiting]) -> None:
        """Return these entries again at the next look."""
        self._waiting = entries + self._waiting

    def rewind(self) -> None:
        """Return everything once more, from the next look on."""
        self._files.clear()
        self._waiting.clear()

    def remove(self) -> None:
        """Remove the files."""
        for path in self._places.ledgers(self._rollout):
            path.unlink(missing_ok=True)
        self.rewind()

    def _look_into(self, path: Path) -> None:
        known = self._files.get(path.name)
        try:
            found = read_ledger(path, known.read if known else 0)
            if known is not None and _is_less(found, known):
                self._lose(path.name)
                known, found = None, read_ledger(path)
        except FileNotFoundError:
            self.is_complete = False  # it went since the folder was read: the next look knows more
            return
        except (OSError, ValueError) as error:
            self.is_complete = False
            self.troubles.append(f"{path} cannot be read ({error}); what it held before still counts")
            return
        self.is_full = self.is_full or found.full
        if found.full:
            self.troubles.append(f"{path} is full, so not all that its worker saw is counted")
        file = self._files.setdefault(path.name, known or _File())
        for entry in found.entries:
            # The file's own order is the true one, so its time never goes back.
            file.at = max(file.at, entry.at)
            self._waiting.append((file.at, path.name, file.read, entry))
            file.read += 1
        file.counters = found.counters

    def _lose(self, name: str) -> None:
        del self._files[name]
        self._waiting = [waiting for waiting in self._waiting if waiting[1] != name]
        self.is_lost = True


def _is_less(found: Ledger, known: _File) -> bool:
    """Tell whether what only grows has shrunk."""
    draws = {(counter.since, counter.arm): counter.draws for counter in found.counters}
    shrunk = any(draws.get((counter.since, counter.arm), 0) < counter.draws for counter in known.counters)
    return shrunk or found.used < known.read
