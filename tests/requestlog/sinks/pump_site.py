"""The sinks of a log in a process of their own, so that it can be killed; it ends with its standard input."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from gateway.lifeline import at_end_of_input
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import Sink, Tracing
from gateway.requestlog.sinks.pumps import Pumps

TICK = 0.1


def start(log: Path, sinks: list[Sink]) -> subprocess.Popen[str]:
    """Start it; how its sinks stand is in `standing.json` in the log's folder."""
    given = json.dumps([asdict(sink) for sink in sinks])
    command = [sys.executable, "-m", "tests.requestlog.sinks.pump_site", str(log), given]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def main(log: Path, sinks: list[Sink]) -> None:
    """Be the keeper, as far as sinks go."""
    ended = threading.Event()
    at_end_of_input(ended.set)
    pumps = Pumps(LogPlaces(log), log)
    while not ended.wait(TICK):
        pumps.tick(sinks, Tracing())
        (log / "standing.json").write_text(json.dumps([each.document() for each in pumps.report()]))
    pumps.close(30.0)


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        [Sink(**{**each, "routes": tuple(each["routes"])}) for each in json.loads(sys.argv[2])],
    )
