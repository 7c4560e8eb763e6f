"""What became of a reload, in a file: the supervisor writes it, `gateway reload` waits for it.

Nobody has to be alive to be asked: what the file says holds until the next reload.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.files import replace_file
from gateway.routing.places import Places

RUNNING, DONE, FAILED = "running", "done", "failed"


@dataclass(frozen=True, slots=True)
class ReloadReport:
    """The reload `number` (0: none yet) and its `state`; `problem` says why it failed.

    `workers` were replaced within `seconds`; so many `connections` were still open on those they replaced.
    """

    number: int = 0
    state: str = DONE
    seconds: float = 0.0
    workers: int = 0
    connections: int = 0
    problem: str = ""


def report_file(places: Places) -> Path:
    """Return where the supervisor writes what became of the last reload."""
    return places.run / "reload.json"


def reload_lock(places: Places) -> Path:
    """Return the file that `gateway reload` holds, so that two of them come one after the other."""
    return places.state / "reload.lock"


def write_report(places: Places, report: ReloadReport) -> None:
    """Replace the report."""
    replace_file(report_file(places), json.dumps(asdict(report)).encode())


def read_report(places: Places) -> ReloadReport | None:
    """Return the report, or None where no supervisor that can reload has written one."""
    try:
        found = json.loads(report_file(places).read_bytes())
    except FileNotFoundError:
        return None
    return ReloadReport(**found)
