"""A debug bundle: everything an engineer needs to see what is wrong, in one file that may be sent away.

Each part is made in a thread of its own within the time that all have together: what fails or hangs becomes a
file that says so, and holds up nothing else.
"""

from __future__ import annotations

import io
import os
import sqlite3
import tarfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.control.bundle.parts import Make, Source
from gateway.errors import GatewayError

WITHIN = 20.0
"""Seconds for all parts together."""
MOST_BYTES = 4 * 1024 * 1024
"""Bytes of one part; the rest is cut off."""
PROMISE = (
    "No user data is in it: no records, bodies or keys of the request log, no command lines or environments, "
    "no remarks of routing.yaml; secrets are replaced by [removed]."
)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a bundle; `problem` says why it has not what it should, empty: it has."""

    name: str
    text: str
    seconds: float
    problem: str = ""


class _Making(threading.Thread):
    """Makes one part; a daemon, so that one that hangs does not keep the process alive."""

    def __init__(self, name: str, make: Make) -> None:
        super().__init__(name=f"bundle {name}", daemon=True)
        self._make = make
        self._began = time.monotonic()
        self.part: Part | None = None
        self._called = name

    def run(self) -> None:
        text = problem = ""
        try:
            text = self._make()
        except (
            Exception
        ) as error:  # whatever is wrong with a gateway must not keep the bundle from being made
            problem = _in_words(error)
        self.part = Part(self._called, text, time.monotonic() - self._began, problem)

    def late(self) -> Part:
        """Return what stands for a part that is not there in time."""
        return Part(self._called, "", time.monotonic() - self._began, "it was not there in time")


def _in_words(error: Exception) -> str:
    """Say what went wrong; of what is foreign only its kind, since the text may hold anything."""
    known = isinstance(error, GatewayError | sqlite3.Error)
    if isinstance(error, OSError):
        return f"{type(error).__name__}: {error.strerror or 'no reason given'}"
    return f"{type(error).__name__}: {error}" if known else type(error).__name__


def gathered(makes: Mapping[str, Make], source: Source, within: float = WITHIN) -> list[Part]:
    """Make all parts at once; return them in their order after so many seconds at the latest."""
    until = time.monotonic() + within
    threads = [_Making(name, make) for name, make in makes.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return [_bounded(thread.part or thread.late(), source) for thread in threads]


def _bounded(part: Part, source: Source) -> Part:
    if part.problem:
        why = source.scrubber.text(part.problem)
        return Part(part.name, f"{part.name} could not be made: {why}\n", part.seconds, why)
    raw = part.text.encode()
    if len(raw) <= MOST_BYTES:
        return part
    text = raw[:MOST_BYTES].decode("utf-8", "ignore") + "\n[cut]\n"
    return Part(part.name, text, part.seconds, f"cut off after {MOST_BYTES} of {len(raw)} bytes")


def readme(parts: Sequence[Part], at: str) -> str:
    """Return what is in a bundle, in words."""
    lines = [f"A debug bundle of a gateway, made at {at}.", "", PROMISE, ""]
    for part in parts:
        told = f": {part.problem}" if part.problem else ""
        lines.append(f"{part.name:<20} {len(part.text.encode()):>9,} bytes in {part.seconds:.1f} s{told}")
    return "\n".join(lines) + "\n"


def write(parts: Sequence[Part], out: Path, folder: str, at: float) -> int:
    """Write a bundle that its owner alone may read; `at` is seconds since 1970. Return its bytes.

    Raises GatewayError where the file is there already, OSError where it cannot be written.
    """
    try:
        fd = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise GatewayError(f"{out} is there already; name another file with --out") from None
    try:
        with os.fdopen(fd, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz") as archive:
                for part in parts:
                    raw = part.text.encode()
                    entry = tarfile.TarInfo(f"{folder}/{part.name}")
                    entry.size, entry.mtime, entry.mode = len(raw), int(at), 0o600
                    archive.addfile(entry, io.BytesIO(raw))
            return file.tell()
    except BaseException:  # Ctrl-C and a full disk alike: half a bundle would be in the way of the next
        out.unlink(missing_ok=True)
        raise
