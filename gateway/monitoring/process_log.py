"""How a process says what it does: lines for people or JSON for programs, from a level on that may change.

What holds lies in a small file in memory that is replaced with each published plan. It is looked at when
something is said, so a change of `logging` holds from the very next line of every process, and nobody needs
a timer, a thread or the plan for it. One event is one line: what came from outside and has line breaks in it
cannot look like another line.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from gateway.requestlog.policy import Logging

LONGEST: Final = 16 * 1024
"""Characters of a message, or of an exception, that are told."""
_QUIET = ("uvicorn", "asyncio")
"""What others tell below a warning is about themselves."""


def install(called: str, settings: Path | None = None, stream: TextIO | None = None) -> ProcessLog:
    """Let all that this process logs go to `stream` (standard error), as the file `settings` says.

    `called` is what the process is called, such as `worker 1`; who becomes another process installs anew.
    Where somebody else has arranged for what is logged, that stays.
    """
    handler = ProcessLog(called, settings, stream)
    root = logging.getLogger()
    others = [found for found in root.handlers if not isinstance(found, ProcessLog)]
    if not others:
        root.handlers[:] = [handler]
        root.setLevel(logging.DEBUG)  # the handler knows the level that holds at this moment
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    return handler


class ProcessLog(logging.StreamHandler[TextIO]):
    """Writes what is logged, in the format and from the level on that hold at that moment."""

    def __init__(self, called: str, settings: Path | None = None, stream: TextIO | None = None) -> None:
        super().__init__(stream or sys.stderr)
        self._called = called
        self._file = settings
        self._seen: tuple[int, int] | None = None
        self._least = logging.INFO
        self.apply(Logging())

    def apply(self, settings: Logging) -> None:
        """Use another format and level from now on."""
        self._least = logging.getLevelNamesMapping()[settings.level.upper()]
        self.setFormatter(JsonLine(self._called) if settings.format == "json" else ConsoleLine(self._called))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one event, unless it is below the level."""
        if self._file is not None:
            self._follow(self._file)
        if record.levelno >= self._least:
            super().emit(record)

    def _follow(self, file: Path) -> None:
        """Look whether something else holds; where the file cannot be read, what held goes on."""
        try:
            found = file.stat()
            if (found.st_ino, found.st_mtime_ns) != self._seen:
                settings = Logging(**json.loads(file.read_bytes()))
                self._seen = (found.st_ino, found.st_mtime_ns)
                self.apply(settings)
        except (OSError, ValueError, TypeError, KeyError):
            return  # not there yet, or no longer: a process that ends still has something to say


class ConsoleLine(logging.Formatter):
    """`08:15:00 INFO worker 1: message`; an exception's lines are indented, so none looks like another."""

    def __init__(self, called: str) -> None:
        super().__init__(datefmt="%H:%M:%S")
        self._called = called

    def format(self, record: logging.LogRecord) -> str:
        """Return the event, its message without line breaks."""
        at = self.formatTime(record, self.datefmt)
        line = f"{at} {record.levelname} {self._called}: {one_line(record.getMessage())}"
        if not record.exc_info:
            return line
        trace = _cut(self.formatException(record.exc_info)).split("\n")
        return "\n".join([line, *(f"    {one_line(part)}" for part in trace)])


class JsonLine(logging.Formatter):
    """One JSON object on a line: `ts` (UTC), `level`, `process`, `pid`, `logger`, `message`, `exception`."""

    def __init__(self, called: str) -> None:
        super().__init__()
        self._called = called

    def format(self, record: logging.LogRecord) -> str:
        """Return the event; JSON escapes line breaks by itself."""
        event = {
            "ts": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": record.levelname.lower(),
            "process": self._called,
            "pid": record.process,
            "logger": record.name,
            "message": _cut(record.getMessage()),
        }
        if record.exc_info:
            event["exception"] = _cut(self.formatException(record.exc_info))
        return json.dumps(event)


def one_line(text: str) -> str:
    """Return a text with everything invisible spelled out, line breaks above all, and not without end."""
    text = _cut(text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}... ({len(text) - LONGEST} more characters)"
