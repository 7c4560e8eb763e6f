"""The front: one generation hands over to the next, or stays if that one is not fit to serve."""

from __future__ import annotations

import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.monitoring.tally import WorkerState
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.run_directory import prepare
from gateway.supervision.front import Front
from gateway.supervision.generation import Setup, state_of
from gateway.supervision.listeners import Listeners, Wanted, bind
from gateway.supervision.reload_report import DONE, FAILED, RUNNING, read_report
from tests.supervision.stand_ins import commands, worker_command
from tests.supervision.test_listeners import HERE
from tests.waiting import until

PLAN = RoutingPlan((), ())
FAILS = [sys.executable, "-c", "raise SystemExit(3)"]


class Site:
    """A front of two workers, and the setup that its next generation is given."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.bound: list[Listeners] = []
        setup = Setup(self.bind(Wanted(HERE, HERE)), commands(places), 2)
        self.front = Front(places, setup, lambda *_: self.next_setup())
        self.setup = setup
        self.refusal = ""
        for process in self.front.generation.processes():
            process.start()
        until(lambda: [one and one.connections for one in self.states()] == [3, 3])

    def states(self) -> list[WorkerState | None]:
        """Return what the first two workers say of themselves."""
        return [state_of(self.places, worker) for worker in self.front.generation.workers]

    def bind(self, wanted: Wanted, before: Listeners | None = None) -> Listeners:
        """Bind; closed after the test."""
        self.bound.append(bind(wanted, 2, before))
        return self.bound[-1]

    def next_setup(self) -> Setup:
        """Return the setup, or refuse."""
        if self.refusal:
            raise GatewayError(self.refusal)
        return self.setup

    def look(self) -> None:
        """One turn of the supervisor."""
        self.front.look(30.0, lambda: None)

    def reload(self) -> str:
        """Reload to the end; return the problem, if any."""
        self.front.begin_reload(PLAN)
        until(lambda: not self.front.is_reloading, meanwhile=self.look)
        return self.front.report.problem

    def heard(self, number: int, signalled: signal.Signals) -> bool:
        """Tell whether a worker was ended by that signal."""
        return Path(f"{self.places.tally(number)}.{int(signalled)}").exists()

    def close(self) -> None:
        """End everything."""
        for process in self.front.everybody():
            process.stop(signal.SIGKILL)
            until(process.is_gone)
        for listeners in self.bound:
            for each in listeners.everything():
                each.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A front that serves."""
    places = prepare(tmp_path / "state")
    made = Site(places)
    yield made
    made.close()
    shutil.rmtree(places.run.resolve())


def test_the_old_ones_leave_once_all_new_ones_are_ready(site: Site) -> None:
    """Politely, and not before; the report says how many were replaced and how many clients they have."""
    old = site.front.generation
    site.front.begin_reload(PLAN)
    assert site.front.is_reloading
    found = read_report(site.places)
    assert found is not None
    assert (found.number, found.state) == (1, RUNNING)
    told: list[bool] = []

    def look() -> None:
        assert site.front.generation is old
        assert not any(process.ended for process in old.processes())
        site.front.look(30.0, lambda: told.append(site.front.generation is not old))

    until(lambda: not site.front.is_reloading, meanwhile=look)
    assert told == [True]
    assert [worker.number for worker in site.front.generation.workers] == [2, 3]
    assert (site.front.report.state, site.front.report.workers, site.front.report.connections) == (DONE, 2, 6)
    assert read_report(site.places) == site.front.report
    until(lambda: not site.front.leaving(), meanwhile=site.look)
    assert site.heard(0, signal.SIGHUP)
    assert site.heard(1, signal.SIGHUP)
    assert site.reload() == ""
    assert [worker.number for worker in site.front.generation.workers] == [0, 1]


def test_nobody_leaves_if_one_new_one_fails(site: Site) -> None:
    """Those that had come up end, politely, since they may have clients already."""
    old = site.front.generation
    site.setup = replace(
        site.setup,
        commands=commands(site.places, lambda n: FAILS if n == 3 else worker_command(site.places, n)),
    )
    assert site.reload() == "the new worker 3 exited with status 3"
    assert site.front.generation is old
    assert not any(process.ended for process in old.processes())
    assert all(process.pid for process in old.processes())
    until(lambda: not site.front.leaving(), meanwhile=site.look)
    assert site.heard(2, signal.SIGHUP)


def test_what_cannot_be_had_fails_before_anything_starts(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """A port in use, say; the reason is in the report and in the log."""
    site.refusal = "cannot listen on 127.0.0.1:1"
    assert site.reload() == site.refusal
    assert site.front.report.state == FAILED
    assert site.refusal in caplog.text
    assert site.front.leaving() == []
    site.front.begin_reload(None)
    assert "no plan" in site.front.report.problem
    assert site.front.report.number == 2


@pytest.mark.parametrize("well", [True, False])
def test_listeners_that_nobody_needs_any_more_are_closed(site: Site, well: bool) -> None:
    """Those of the old generation where the new one is ready, else those of the new one."""
    before = site.front.generation.setup.listeners
    now = site.bind(Wanted(HERE, HERE, HERE), before)
    assert now.tls is not None
    worker = None if well else lambda _: FAILS
    site.setup = replace(site.setup, listeners=now, commands=commands(site.places, worker))
    site.front.begin_reload(PLAN)
    assert set(site.front.listeners()) >= {now.tls, before.plain}
    until(lambda: not site.front.is_reloading, meanwhile=site.look)
    assert all(listener.fileno() >= 0 for listener in before.plain.sockets)
    assert [listener.fileno() >= 0 for listener in now.tls.sockets] == [well, well]
    if well:
        site.setup = replace(site.setup, listeners=bind(Wanted(HERE, HERE), 2, now))
        assert site.reload() == ""
        assert [listener.fileno() for listener in now.tls.sockets] == [-1, -1]
    with socket.create_connection(before.plain.sockets[0].getsockname(), 5):
        pass
