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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gateway.audit.event import origin_of
from gateway.cli.common import Running, author
from gateway.control.status.observation import read_running
from gateway.errors import GatewayError
from gateway.monitoring import proc
from gateway.routing.change import Request, locked
from gateway.routing.complaint import complaint
from gateway.routing.file_sync import follow_file
from gateway.routing.places import Places
from gateway.routing.slot import published
from gateway.supervision.recorded import asking
from gateway.supervision.reload import READY_WITHIN
from gateway.supervision.reload_report import FAILED, RUNNING, ReloadReport, read_report, reload_lock

OTHERS_WITHIN = 600.0
"""Seconds for which another `gateway reload` is waited for, however many workers it replaces."""
ANSWER_WITHIN = 15.0
"""Seconds for which the supervisor is waited for beyond the time that new processes have to become ready."""
LOOK_EVERY = 0.05
NOT_TAKEN = ("refused", "unreadable")
"""The complaints after which the reload was with what was live before, and not with what the file says."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What was reloaded, with which `revision`, and the complaint about routing.yaml if there is one."""

    report: ReloadReport
    revision: int
    complaint: dict[str, str] | None = None

    @property
    def was_not_taken(self) -> bool:
        """Whether routing.yaml cannot be used, so that the reload was without it."""
        return self.complaint is not None and self.complaint["kind"] in NOT_TAKEN

    @property
    def warning(self) -> str:
        """Return what is wrong with routing.yaml, empty if nothing is."""
        if self.complaint is None:
            return ""
        message = self.complaint["message"]
        return f"routing.yaml was not taken: {message}" if self.was_not_taken else message


def reload(running: Running) -> Reloaded:
    """Reload and wait for its end; return what came of it.

    Raises GatewayError where it failed or could not be asked for; then what ran before runs on.
    """
    places = running.places
    with locked(reload_lock(places), OTHERS_WITHIN):
        follow_file(places, Request("file", "file"), Path(running.config))
        with _supervisor(places) as (pid, supervisor):
            before = read_report(places)
            if before is None:
                raise GatewayError(
                    "the running gateway is of a version that cannot reload; restart it: Ctrl-C, `gateway up`"
                )
            with asking(places, author(), origin_of("cli")):
                signal.pidfd_send_signal(supervisor, signal.SIGHUP)
                report = _over(places, pid, supervisor, before.number)
    if report.state == FAILED:
        raise GatewayError(f"nothing was replaced, what ran before runs on: {report.problem}; see its log")
    plan = published(places)
    return Reloaded(report, plan.revision if plan else 0, complaint(places))


@contextmanager
def _supervisor(places: Places) -> Iterator[tuple[int, int]]:
    """Open the supervisor as a file, so that nobody else can come to have its number meanwhile.

    Yields its pid and that file.
    """
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
        yield pid, fd
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


def _over(places: Places, pid: int, supervisor: int, before: int) -> ReloadReport:
    """Wait until a reload later than `before` is over."""
    began = time.monotonic()
    work = _work(places)
    ending = select.poll()
    ending.register(supervisor, select.POLLIN)
    while True:
        report = read_report(places)
        if report is not None and report.number > before and report.state != RUNNING:
            return report
        if ending.poll(LOOK_EVERY * 1000):
            raise GatewayError("the gateway ended meanwhile; its log says why")
        is_at_work = report is not None and report.state == RUNNING
        if time.monotonic() - began > ANSWER_WITHIN + (work if is_at_work else 0.0):
            raise GatewayError(_no_answer(pid, time.monotonic() - began, is_at_work=is_at_work))


def _work(places: Places) -> float:
    """Return how many seconds a reload may take: its processes become ready one after the other."""
    replaced = [p for p in read_running(places).processes if p.role in ("worker", "control")]
    return READY_WITHIN * len(replaced)


def _no_answer(pid: int, seconds: float, *, is_at_work: bool) -> str:
    """Say that the supervisor does not answer, and what to do."""
    state = proc.state_of(pid)
    if state is not None and state.is_stopped:
        why = f"it is stopped by a signal; to go on: kill -CONT {pid}, and the reload is done then"
    else:
        why = "its log says what it does, `gateway status` how its processes are"
    what = "has not ended the reload it began" if is_at_work else "has not begun the reload"
    return f"the supervisor (pid {pid}) {what} within {seconds:.0f} s: {why}"


def in_words(found: Reloaded) -> str:
    """Say what was replaced, with which revision, and what still drains."""
    report = found.report
    text = f"{_counted(report.workers, 'worker')} replaced in {report.seconds:.1f} s"
    if found.complaint:
        text += f", with revision {found.revision}"
    if report.connections:
        verb = "drains" if report.connections == 1 else "drain"
        text += f"; {_counted(report.connections, 'connection')} still {verb}"
    return text


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def as_document(found: Reloaded) -> dict[str, Any]:
    """Return the same for programs; `file` is why routing.yaml is not what is live, if so."""
    report = asdict(found.report)
    told = {key: report[key] for key in ("number", "workers", "seconds", "connections")}
    file = found.complaint["message"] if found.complaint else ""
    return {**told, "revision": found.revision, "file": file}
