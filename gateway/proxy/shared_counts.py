"""What all workers hold together at this moment: connections, by address too, and requests in flight.

Each worker writes its own file and reads those of the others: nobody is asked, and no lock is waited for.
What a worker held ends with it: a new process begins a new file, and the others leave out the file of a
process that has ended from their next look on.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection
from pathlib import Path

from gateway.proxy.cell import Cell
from gateway.proxy.shared_memory import clear_away, foreign, owned, shared_hash
from gateway.routing.places import Places

log = logging.getLogger("gateway.worker")

LOOK_EVERY = 1.0
"""Seconds between two looks for workers that are new or have ended."""
SERVICES = 1024
"""Services whose requests are counted over all workers; those beyond are counted by each for itself."""
ADDRESS_CELLS = 65_536

_MAGIC = b"gwcount1"
# 64-bit words: a head, a row for each service (hash of its name; what it has), then two rows of cells.
_CONNECTIONS, _CHANGES, _ROWS = 1, 2, 8
_ROW_WORDS = 2
_CELLS_AT = (_ROWS + SERVICES * _ROW_WORDS) * 8
_SIZE = _CELLS_AT + 2 * ADDRESS_CELLS * 4


class _File:
    """One worker's counts, as numbers."""

    __slots__ = ("addresses", "rows", "seen", "words")

    def __init__(self, content: memoryview) -> None:
        self.words = content[:_CELLS_AT].cast("Q")
        self.addresses = content[_CELLS_AT:].cast("I")
        self.rows: dict[int, memoryview] = {}
        self.seen = -1

    def has_changed(self) -> bool:
        """Read anew which service has which row, if that is another than at the last look."""
        changes = self.words[_CHANGES]
        if changes == self.seen:
            return False
        self.seen = changes
        names = self.words[_ROWS : _ROWS + SERVICES * _ROW_WORDS].tolist()[::_ROW_WORDS]
        self.rows = {name: self.row(index) for index, name in enumerate(names) if name}
        return True

    def row(self, index: int) -> memoryview:
        """Return the one word that is counted in."""
        at = _ROWS + index * _ROW_WORDS + 1
        return self.words[at : at + 1]


class SharedCounts:
    """The counts of one worker, and through it of all."""

    __slots__ = ("_cells", "_files", "_hash", "_look_at", "_others", "_own", "_path", "_places", "_retired")

    def __init__(self, places: Places, worker: int) -> None:
        self._places = places
        self._path = places.counts(worker, os.getpid())
        self._hash = shared_hash(places.hash_key)
        self._own = _File(owned(self._path, _SIZE, _MAGIC))
        self._files: dict[Path, _File] = {}
        self._others: list[_File] = []
        self._cells: dict[str, Cell] = {}
        self._look_at = 0.0
        self._retired = False
        self.tick(0.0)

    # -- connections ---------------------------------------------------------------------------------------

    def opened(self, address: bytes) -> tuple[int, int]:
        """Count a client's connection; return all connections and those of its address, it included."""
        own = self._own
        if self._retired:
            return 0, 0
        name = self._hash.of(address)
        one = name & (ADDRESS_CELLS - 1)
        two = ADDRESS_CELLS | name >> 48
        own.words[_CONNECTIONS] += 1
        own.addresses[one] += 1
        own.addresses[two] += 1
        connections: int = own.words[_CONNECTIONS]
        # An address has two cells. Either may be another's as well: the smaller count is the nearer one.
        same: int = min(own.addresses[one], own.addresses[two])
        for other in self._others:
            connections += other.words[_CONNECTIONS]
            same += min(other.addresses[one], other.addresses[two])
        return connections, same

    def closed(self, address: bytes) -> None:
        """Count off a connection that `opened` counted."""
        if self._retired:
            return
        own = self._own
        name = self._hash.of(address)
        own.words[_CONNECTIONS] -= 1
        own.addresses[name & (ADDRESS_CELLS - 1)] -= 1
        own.addresses[ADDRESS_CELLS | name >> 48] -= 1

    def retire(self) -> None:
        """Count no connections any more: those of a worker that leaves must not keep out new ones.

        Nobody could make room among them: only the worker that holds a connection can close it.
        """
        self._retired = True
        self._own.words[_CONNECTIONS] = 0
        cells = self._own.addresses
        cells[:] = memoryview(bytes(cells.nbytes)).cast("I")

    # -- requests in flight --------------------------------------------------------------------------------

    def in_flight(self, service: str) -> Cell:
        """Return where the requests of a service are counted: one cell for it as long as it is kept."""
        cell = self._cells.get(service)
        if cell is None:
            name = self._hash.of(service.encode()) or 1  # 0 marks a row that is free
            cell = Cell(name, self._new_row(name), [])
            self._cells[service] = cell
            self._follow(cell)
        return cell

    def keep_only(self, services: Collection[str]) -> None:
        """Let go of the services that the plan no longer has, unless something of theirs is in flight."""
        for service in [name for name in self._cells if name not in services]:
            if not self._cells[service].own():
                self._rename(self._cells.pop(service).name, 0)

    def _new_row(self, name: int) -> memoryview:
        index = self._rename(0, name)
        if index >= 0:
            return self._own.row(index)
        log.warning("more than %d services: one beyond them is limited in each worker by itself", SERVICES)
        return memoryview(bytearray(8)).cast("Q")

    def _rename(self, before: int, name: int) -> int:
        """Give a row another name, 0 for none; return its index, or -1 where no row has the name before."""
        words = self._own.words
        for at in range(_ROWS, _ROWS + SERVICES * _ROW_WORDS, _ROW_WORDS):
            if words[at] == before:
                words[at] = name
                words[_CHANGES] += 1
                return (at - _ROWS) // _ROW_WORDS
        return -1

    # -- other workers -------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Keep up with the other workers; `now` is CLOCK_MONOTONIC in seconds. Call it every 0.1 s or so.

        Each call takes in services that are new to another worker, one in a second workers that are new or
        have ended.
        """
        changed = False
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY
            changed = self._look()
        for other in self._others:
            changed |= other.has_changed()
        if changed:
            for cell in self._cells.values():
                self._follow(cell)

    def _look(self) -> bool:
        """Find the files of workers that live; tell whether they are others than before."""
        files: dict[Path, _File] = {}
        for path in self._places.all_counts():
            if path == self._path or clear_away(path):
                continue
            file = self._files.get(path) or _opened(path)
            if file is not None:
                files[path] = file
        changed = files.keys() != self._files.keys()
        self._files = files
        self._others = list(files.values())
        return changed

    def _follow(self, cell: Cell) -> None:
        cell.follow([other.rows[cell.name] for other in self._others if cell.name in other.rows])


def _opened(path: Path) -> _File | None:
    content = foreign(path, _SIZE, _MAGIC)
    return None if content is None else _File(content)
