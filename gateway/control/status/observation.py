"""One look at a gateway's files: everything `status` and `/metrics` are made of.

Nothing is asked of any process, so a look works whatever is alive; what a dead process wrote last is still
there to be read.
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path

from gateway.control.status.views import Views, read_views
from gateway.errors import GatewayError
from gateway.monitoring.tally import Count, WorkerState, read
from gateway.routing import journal
from gateway.routing.complaint import complaint
from gateway.routing.journal import FileState, Revision
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.slot import published

BEAT_LIMIT = 2.0
"""Seconds after which a worker that gives no sign of life counts as not healthy."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A process that the supervisor keeps; `pid` is 0 while it is not running.

    `is_draining`: it was replaced by a reload and ends once its connections do.
    """

    role: str
    pid: int
    service: str = ""
    number: int = 0
    restarts: int = 0
    is_draining: bool = False


UNTOLD_OVERRIDES = ("listen", "admin")
"""What may have been given on the command line instead, where the supervisor does not say."""


@dataclass(frozen=True, slots=True)
class Running:
    """What the supervisor says of itself; all empty where nothing was started.

    `overrides` are the addresses that the command line gave instead of routing.yaml.
    """

    config: str = ""
    listen: str = ""
    admin: str = ""
    tls: str = ""
    processes: tuple[Listed, ...] = ()
    overrides: tuple[str, ...] = UNTOLD_OVERRIDES


@dataclass(frozen=True, slots=True)
class Observation:
    """What the files say. `plan` is the live one, or the latest where nothing is running.

    `states` are the workers' by number, `counts` those of all workers, the ones that are gone included;
    `views` is what the live ones see; `file` tells whether routing.yaml says the latest revision, `complaint`
    why it does not.
    """

    plan: RoutingPlan
    running: Running
    states: dict[int, WorkerState]
    counts: tuple[Count, ...]
    file: FileState
    complaint: dict[str, str] | None
    views: Views = field(default_factory=Views)


def observe(places: Places, now: float | None = None) -> Observation:
    """Read everything; `now` is in seconds of CLOCK_MONOTONIC. Raises GatewayError where nothing ever was."""
    head = _head(places)
    at = time.monotonic() if now is None else now
    tallies = read_tallies(places, at)
    states = {number: state for number, (state, _) in tallies.items()}
    alive = {number: state for number, state in states.items() if is_beating(state, at)}
    return Observation(
        plan=published(places) or head.plan,
        running=read_running(places),
        states=states,
        counts=tuple(count for _, counts in tallies.values() for count in counts),
        file=head.file,
        complaint=complaint(places),
        views=read_views(places, alive),
    )


def latest_plan(places: Places) -> RoutingPlan:
    """Return the plan of the latest revision, whether or not a gateway runs; raises GatewayError."""
    return _head(places).plan


def _head(places: Places) -> Revision:
    nothing = f"nothing has been started with the state directory {places.state}"
    advice = "run: gateway up, or name another one with --state-dir"
    if not places.journal.exists():
        raise GatewayError(f"{nothing}; {advice}")
    try:
        with journal.opened(places.journal) as connection:
            head = journal.head(connection)
    except sqlite3.Error as error:
        raise GatewayError(
            f"{places.journal} cannot be read ({error}); see that it belongs to you and its disk is not full"
        ) from error
    if head is None:
        raise GatewayError(f"{nothing} yet; {advice}")
    return head


def read_running(places: Places) -> Running:
    """Return what the supervisor wrote about its processes, itself first."""
    try:
        found = json.loads(places.processes.read_bytes())
    except FileNotFoundError:
        return Running()
    supervisor = Listed("supervisor", found["supervisor"])
    others = [
        Listed(p["role"], p["pid"], p["service"], p["number"], p["restarts"], p.get("draining", False))
        for p in found["processes"]
    ]
    return Running(
        found["config"],
        found["listen"],
        found["admin"],
        found.get("tls", ""),
        (supervisor, *others),
        tuple(found.get("overrides", UNTOLD_OVERRIDES)),
    )


def read_tallies(places: Places, now: float | None = None) -> dict[int, tuple[WorkerState, list[Count]]]:
    """Return every worker's file by the worker's number; one that is only just being made is left out."""
    found = {}
    for path in places.tallies():
        try:
            found[worker_number(path)] = read(path, now)
        except (OSError, ValueError):
            continue  # not there yet or no longer: the worker counts as giving no sign of life
    return found


def worker_number(path: Path) -> int:
    """Return the number in the name of a worker's tally file; raises ValueError where there is none."""
    return int(path.stem.removeprefix("worker-"))


def is_beating(state: WorkerState, now: float) -> bool:
    """Tell whether a worker gave a sign of life of late."""
    return now - state.beat < BEAT_LIMIT


def beating(places: Places, now: float | None = None) -> dict[int, WorkerState]:
    """Return the workers that gave a sign of life of late, by number."""
    at = time.monotonic() if now is None else now
    return {n: state for n, (state, _) in read_tallies(places, now).items() if is_beating(state, at)}
