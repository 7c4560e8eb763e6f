"""Holds the files of one reading open, so that nothing that is done to the log disturbs it.

DuckDB opens files when a query comes to them, which may be long after they were listed. Here they are opened
at once and handed on as /proc/self/fd/<number>: the very files, whatever becomes of their names.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import GatewayError
from gateway.requestlog.catalog import Catalog, visible
from gateway.requestlog.damage import is_whole
from gateway.requestlog.places import LogPlaces

_TRIES = 50
_SPARE = 512  # descriptors for everything else, DuckDB's own of the same files not counted


@dataclass(slots=True)
class Pins:
    """The open files of a catalog by table, `open` being segments; close it once nothing is read any more.

    `names` are the paths by which they can be read, `left_out` the files that are damaged and are not read.
    """

    files: dict[str, list[str]] = field(default_factory=dict)
    names: dict[Path, str] = field(default_factory=dict)
    descriptors: list[int] = field(default_factory=list)
    left_out: list[Path] = field(default_factory=list)

    def of(self, table: str) -> list[str]:
        """Return the paths by which the files of a table can be read."""
        return self.files.get(table, [])

    def paths(self) -> list[str]:
        """Return all of them."""
        return list(self.names.values())

    def add(self, table: str, file: Path) -> None:
        """Open a file, or leave it out where it is damaged; raises OSError where it cannot be opened."""
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        self.descriptors.append(descriptor)
        if file.suffix == ".parquet" and not is_whole(descriptor):
            self.left_out.append(file)
            return
        self.names[file] = f"/proc/self/fd/{descriptor}"
        self.files.setdefault(table, []).append(self.names[file])

    def leave_out(self, names: Collection[str]) -> None:
        """Read some files no more, named by their paths here."""
        self.left_out += [file for file, name in self.names.items() if name in names]
        self.names = {file: name for file, name in self.names.items() if name not in names}
        self.files = {table: [n for n in has if n not in names] for table, has in self.files.items()}

    def close(self) -> None:
        """Let go of all files."""
        while self.descriptors:
            os.close(self.descriptors.pop())


def pinned(places: LogPlaces, labels: Callable[[LogPlaces], Sequence[Path]]) -> Pins:
    """Open the files that hold the log at this moment, and those that `labels` lists as table `labels`.

    Raises GatewayError where a file may not be read, or there are more than this process may open.
    """
    for _ in range(_TRIES):
        catalog, truth = visible(places), labels(places)
        _make_room(2 * (len(catalog.open) + len(catalog.sealed) + len(truth)) + _SPARE)
        pins = Pins()
        try:
            _open_all(pins, catalog, truth)
        except FileNotFoundError:  # replaced since it was listed
            pins.close()
        except OSError as error:
            pins.close()
            raise GatewayError(
                f"{error.filename}: {error.strerror}; the request log cannot be read: run this as the user "
                "that the gateway runs as, with `ulimit -n` above the number of files"
            ) from None
        else:
            return pins
    raise GatewayError(f"the files in {places.folder} vanish faster than they can be opened; try again")


def _open_all(pins: Pins, catalog: Catalog, labels: Sequence[Path]) -> None:
    for segment in catalog.open:
        pins.add("open", segment)
    for file in catalog.sealed:
        pins.add(file.table, file.path)
    for one in labels:
        pins.add("labels", one)


def _make_room(descriptors: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < descriptors:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(descriptors, hard), hard))
