"""All five sinks at once while all their targets are down for five minutes, and their sender is killed.

Prints a table: records written, what arrived, what was lost, and the repeats that ids tell apart.

    python -m benchmarks.sinks [--down SECONDS] [--rate RECORDS]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from gateway.requestlog.policy import Sink
from gateway.requestlog.sinks.needed import needed
from tests.requestlog.sinks import pump_site
from tests.requestlog.sinks.log_site import Log
from tests.requestlog.sinks.receivers import KINDS, Receiver, receiver

AROUND = 20.0
"""Seconds with everything up, before and after."""
DRAIN = 180.0
"""Seconds that everything may take to arrive afterwards: a minute of them is the longest pause."""
SEGMENT = 10.0
BATCH = 0.05


@dataclass
class Run:
    """The log that is written at a constant rate, and the process that sends it on."""

    log: Log
    sinks: list[Sink]
    rate: float
    ids: set[str] = field(default_factory=set)
    kills: int = 0
    peak: int = 0
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start whoever sends."""
        self.process = pump_site.start(self.log.places.folder, self.sinks)

    def kill(self) -> None:
        """Kill it as hard as can be, and start another."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate()
        self.kills += 1
        self.start()

    def stop(self) -> None:
        """Let it end in peace."""
        if self.process is not None:
            self.process.communicate(timeout=60)

    def write(self, seconds: float) -> None:
        """Write for so long, and seal a segment now and then."""
        begun = time.monotonic()
        rotated, written = begun, 0
        while (now := time.monotonic()) < begun + seconds:
            due = int((now - begun) * self.rate) - written
            if due > 0:
                self.ids.update(self.log.write(due))
                written += due
            if now - rotated >= SEGMENT:
                rotated = now
                self.log.seal(self.log.rotate())
                self.log.sweep(needed(self.log.places, self.sinks))
                self.peak = max(self.peak, _size(self.log.places.spool))
            time.sleep(BATCH)


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--down", type=float, default=300.0, help="seconds that the targets are down")
    parser.add_argument("--rate", type=float, default=250.0, help="records a second")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sinks-")))
        there: dict[str, Receiver] = {}
        for kind in KINDS:
            (folder / kind).mkdir()
            there[kind] = stack.enter_context(receiver(kind, folder / kind))
        run = Run(Log(folder / "log"), [each.sink() for each in there.values()], given.rate)
        run.start()
        stack.callback(run.stop)
        _scenario(run, there, given.down)
        took = _drain(run, there)
        print(_table(run, there, took, given.down), flush=True)


def _scenario(run: Run, there: dict[str, Receiver], down: float) -> None:
    run.write(AROUND)
    for each in there.values():
        each.down()
    for _ in range(3):  # its sender dies twice meanwhile
        run.write(down / 3)
        if run.kills < 2:
            run.kill()
    for each in there.values():
        each.up()
    run.write(AROUND / 2)
    run.kill()  # and once while it catches up
    run.write(AROUND / 2)
    run.log.rotate()


def _drain(run: Run, there: dict[str, Receiver]) -> dict[str, float]:
    """Return how long after the last record each sink was done; one that never is, is missing."""
    begun = time.monotonic()
    took: dict[str, float] = {}
    while len(took) < len(there) and time.monotonic() < begun + DRAIN:
        for kind, each in there.items():
            if kind not in took and run.ids <= set(each.ids()):
                took[kind] = time.monotonic() - begun
        time.sleep(0.5)
    return took


def _table(run: Run, there: dict[str, Receiver], took: dict[str, float], down: float) -> str:
    path = run.log.places.folder / "standing.json"
    standing = {each["name"]: each for each in json.loads(path.read_text())}
    lines = [
        f"{len(run.ids)} records at {run.rate:g}/s, {os.cpu_count()} cores; all targets down for {down:g} s, "
        f"the sender killed (-9) {run.kills} times; at most {run.peak / 1e6:.0f} MB in the spool",
        "",
        _row("sink", "written", "arrived", "lost", "repeats", "said lost", "done after"),
    ]
    for kind, each in there.items():
        found = each.ids()
        numbers = (len(run.ids), len(set(found)), len(run.ids - set(found)), len(found) - len(set(found)))
        done = f"{took[kind]:.1f} s" if kind in took else "never"
        lines.append(_row(kind, *map(str, numbers), str(standing[kind]["lost"]), done))
    return "\n".join(lines)


def _row(kind: str, *cells: str) -> str:
    return f"{kind:<12}" + "".join(f"{cell:>14}" for cell in cells)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


if __name__ == "__main__":
    main()
