"""A recorder for tests: its parts on temporary files, a clock that is set, and what it left in the log."""

from __future__ import annotations

import base64
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from gateway.requestlog.access import AccessLog
from gateway.requestlog.exemplars import Exemplars
from gateway.requestlog.frame import read_frame, read_shared
from gateway.requestlog.intake import Intake
from gateway.requestlog.log_file import LogFile
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import Filter, LogSettings
from gateway.requestlog.record import Rule, common_of, line_of
from gateway.requestlog.recorder import Clock, Recorder
from gateway.requestlog.recorder_parts import Wiring
from gateway.requestlog.recorder_process import run
from gateway.requestlog.recorder_report import said, write_report
from gateway.requestlog.ring import RingWriter
from gateway.requestlog.ring_layout import LEAST
from gateway.requestlog.rules import RouteRule, Rules
from gateway.requestlog.scribe import Scribe
from tests.requestlog.frames import frame

RULES = Rules({"flights": RouteRule("/v2", Filter())}, {"v2": "models/v2"})


class Open:
    """A filter that lets everything pass."""

    trouble = ""

    def fields(self, values: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Return them as they are."""
        return values

    def parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return them as they are."""
        return parameters

    def path(self, path: str, route_path: str) -> str:
        """Return the path as it is."""
        return path

    def key(self, raw: bytes) -> str:
        """Return something that stands for the key."""
        return f"p_{raw.hex()}"

    def body(self, raw: bytes, content_type: bytes) -> str | None:
        """Return the text, binary as base64; nothing of an image."""
        if content_type == b"image/png":
            return None
        return raw.decode() if raw.isascii() else base64.b64encode(raw).decode()


def whole(data: bytes, rule: Rule, model: str = "", worker: int = 0) -> dict[str, Any]:
    """Return the whole record of a frame by a rule, which is what its line says."""
    found = read_frame(data)
    line = line_of(found, common_of(read_shared(found.shared), rule, model), worker)
    record: dict[str, Any] = orjson.loads(line)
    return record


def open_screen(_filter: Filter, _settings: LogSettings) -> Open:
    """Make a filter that lets everything pass."""
    return Open()


@dataclass
class Time:
    """A clock that stands until it is set; `now` in seconds."""

    now: float = 1_000.0

    def clock(self) -> Clock:
        """Return it as the recorder's clock."""
        return Clock(lambda: self.now, lambda: int((1_700_000_000 + self.now) * 1e9))


@dataclass
class Bench:
    """One gateway's log and rings in a folder, with as many recorders one after another as a test wants."""

    folder: Path
    time: Time = field(default_factory=Time)
    short: str = ""
    number: int = 0

    def __post_init__(self) -> None:
        self.places = LogPlaces(self.folder / "log")
        self.run = self.folder / "run"
        self.run.mkdir(exist_ok=True)
        self.report = self.run / "recorder.json"
        self.places.open.mkdir(parents=True, exist_ok=True)

    def rings(self) -> list[Path]:
        """Return the rings there are."""
        return sorted(self.run.glob("ring-*"))

    def writer(self, worker: int = 0, size: int = LEAST) -> RingWriter:
        """Return a worker's side of a ring."""
        return RingWriter(self.run / f"ring-{worker}", size)

    def recorder(self) -> Recorder:
        """Return a recorder that has not been started."""
        scribe = Scribe(open_screen, Exemplars(), AccessLog())
        scribe.follow(RULES)
        file = LogFile(self.places, shortage=lambda _: self.short)
        return Recorder(Intake(self.rings), scribe, file, self.save, self.time.clock())

    def save(self, recorder: Recorder) -> None:
        """Write the report."""
        write_report(
            self.report,
            said(recorder, 0.0, 0),
            recorder.counts,
            recorder.mark(),
            recorder.gaps.documents(),
        )

    def started(self) -> Recorder:
        """Return a recorder that goes on where the one before left off."""
        recorder = self.recorder()
        recorder.start(self.report)
        return recorder

    def write(self, writer: RingWriter, count: int = 1, **changed: Any) -> list[bool]:
        """Leave frames with ids of their own in a ring; tell of each whether there was room."""
        done = []
        for _ in range(count):
            self.number += 1
            identity = self.number.to_bytes(16, "big")
            done.append(writer.write(frame(**{"n": writer.n, "id": identity, **changed})))
        return done

    def lines(self) -> list[dict[str, Any]]:
        """Return everything in the log, in order."""
        return lines_of(self.places)

    def records(self) -> list[dict[str, Any]]:
        """Return the records in the log."""
        return [line for line in self.lines() if "id" in line]

    def gaps(self) -> list[dict[str, Any]]:
        """Return the gaps in the log."""
        return [line["gap"] for line in self.lines() if "gap" in line]

    def ids(self) -> Counter[int]:
        """Return how often each record is in the log."""
        return Counter(int(record["id"], 16) for record in self.records())


def lines_of(places: LogPlaces) -> list[dict[str, Any]]:
    """Return everything in a log, in order; every line must be whole."""
    found = []
    for path in sorted(places.open.glob("*.ndjson")):
        data = path.read_bytes()
        assert data.endswith(b"\n")
        found += [orjson.loads(line) for line in data.splitlines()]
    return found


def main() -> None:
    """Be a recorder on the folder that the first argument names."""
    folder = Path(sys.argv[1])
    rules = iter([RULES])
    run(
        Wiring(
            LogPlaces(folder / "log"),
            lambda: sorted((folder / "run").glob("ring-*")),
            lambda: next(rules, None),
            open_screen,
            folder / "run" / "recorder.json",
            folder / "run" / "exemplars.json",
            lambda: [int(pid) for pid in sys.argv[2:]],
        )
    )
