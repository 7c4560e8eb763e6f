"""`gateway reload`: the supervisor is asked by a signal, and answers in a file.

Before it is signalled it is made sure that the process is the one that holds this state directory, since the
same number may by now belong to a stranger, and a stranger may be ended by the signal.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gateway.cli.common import Running
from gateway.errors import GatewayError
from gateway.routing.change import Request, complaint, follow_file, locked
from gateway.routing.places import Places
from gateway.supervision.reload_report import FAILED, RUNNING, ReloadReport, read_report, reload_lock

OTHERS_WITHIN = 120.0
"""Seconds for which another `gateway reload` is waited for."""
OVER_WITHIN = 300.0
LOOK_EVERY = 0.05


def reload(running: Running) -> tuple[ReloadReport, str]:
    """Reload and wait for its end; return the report, and what keeps routing.yaml from being live if so.

    Raises GatewayError where it failed or could not be asked for; then what ran before runs on.
    """
    places = running.places
    with locked(reload_lock(places), OTHERS_WITHIN):
        follow_file(places, Request("file", "file"), Path(running.config))
        with _supervisor(places) as supervisor:
            before = read_report(places)
            if before is None:
                raise GatewayError(
                    "the running gateway is of a version that cannot reload; restart it: Ctrl-C, `gateway up`"
                )
            signal.pidfd_send_signal(supervisor, signal.SIGHUP)
            report = _over(places, supervisor, before.number)
    if report.state == FAILED:
        raise GatewayError(f"nothing was replaced, what ran before runs on: {report.problem}; see its log")
    found = complaint(places)
    return report, found["message"] if found else ""


@contextmanager
def _supervisor(places: Places) -> Iterator[int]:
    """Open the supervisor as a file, so that nobody else can come to have its number meanwhile."""
    try:
        pid = int(json.loads(places.processes.read_bytes())["supervisor"])
        fd = os.pidfd_open(pid)
    except (FileNotFoundError, ProcessLookupError):
        raise GatewayError(
            "the gateway is just starting or ending; see `gateway status`, try again"
        ) from None
    try:
        if not _has_open(pid, places.up_lock):
            raise GatewayError(
                f"process {pid} does not hold {places.up_lock}, so it is no supervisor of this gateway and "
                "was not signalled; see `gateway status`"
            )
        yield fd
    finally:
        os.close(fd)


def _has_open(pid: int, path: Path) -> bool:
    """Tell whether a process has a file open. Raises PermissionError where it is another user's."""
    wanted = path.stat()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found = link.stat()
        except FileNotFoundError:
            continue  # closed meanwhile, or no file
        if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
            return True
    return False


def _over(places: Places, supervisor: int, before: int) -> ReloadReport:
    """Wait until a reload later than `before` is over."""
    deadline = time.monotonic() + OVER_WITHIN
    ending = select.poll()
    ending.register(supervisor, select.POLLIN)
    while time.monotonic() < deadline:
        report = read_report(places)
        if report is not None and report.number > before and report.state != RUNNING:
            return report
        if ending.poll(LOOK_EVERY * 1000):
            raise GatewayError("the gateway ended meanwhile; its log says why")
    raise GatewayError(f"the reload was not over after {OVER_WITHIN:g} s; see the log and `gateway status`")


def in_words(report: ReloadReport) -> str:
    """Say what was replaced and what still drains."""
    text = f"{_counted(report.workers, 'worker')} replaced in {report.seconds:.1f} s"
    if report.connections:
        verb = "drains" if report.connections == 1 else "drain"
        text += f"; {_counted(report.connections, 'connection')} still {verb}"
    return text


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def as_document(report: ReloadReport, complaint: str) -> dict[str, Any]:
    """Return the same for programs; `file` is why routing.yaml is not what is live, if so."""
    found = asdict(report)
    return {key: found[key] for key in ("number", "workers", "seconds", "connections")} | {"file": complaint}
