"""The supervisor: what the plan asks for runs, whatever dies comes back, and the end is in order."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.routing.places import Places
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.routing.run_directory import prepare
from gateway.routing.slot import PlanSlot, publish
from gateway.supervision import generation, starting
from gateway.supervision import supervisor as module
from gateway.supervision.signals import Signals
from gateway.supervision.supervisor import BUSY_TICK, TICK, Supervisor
from tests.supervision.stand_ins import commands, setup_of, supervisor_of
from tests.waiting import BOUND, until


def plan(revision: int, *services: Service) -> RoutingPlan:
    """Return a plan with these services."""
    return RoutingPlan(services, (Route("r", "/", "blue", (("blue", UNITS),)),), revision=revision)


BLUE = Service("blue", model="models/v1")


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A state directory with a plan of one service."""
    prepared = prepare(tmp_path / "state")
    publish(prepared, plan(1, BLUE))
    yield prepared
    shutil.rmtree(prepared.run.resolve())


@pytest.fixture
def sockets() -> Iterator[list[socket.socket]]:
    """A listening socket for a worker and one for the control process."""
    made = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    yield made
    for each in made:
        each.close()


@pytest.fixture
def supervisor(places: Places, sockets: list[socket.socket]) -> Iterator[Supervisor]:
    """A supervisor of one worker; whatever it started is ended."""
    made = supervisor_of(places, setup_of(sockets, commands(places)))
    yield made
    with Signals(()) as signals:
        made.drain(signals)


def listed(places: Places) -> list[dict[str, Any]]:
    """Return the processes that `status` is told of."""
    found: list[dict[str, Any]] = json.loads(places.processes.read_bytes())["processes"]
    return found


def replica(supervisor: Supervisor, model: str = "models/v1") -> int:
    """Return the pid of blue's first replica of a model."""
    return supervisor._replicas.running["blue", model, 0].pid


def test_it_starts_what_the_plan_asks_for_and_says_so(places: Places, supervisor: Supervisor) -> None:
    """One worker, one control process, one replica, each with its pid; then all are ready."""
    supervisor.tend()
    assert [(p["role"], p["service"], p["number"], p["restarts"]) for p in listed(places)] == [
        ("control", "", 0, 0),
        ("worker", "", 0, 0),
        ("replica", "blue", 0, 0),
    ]
    assert [p["pid"] for p in listed(places)] == [p.pid for p in supervisor.processes()]
    until(lambda: not supervisor.not_ready())


def test_it_says_what_is_not_ready(places: Places, supervisor: Supervisor) -> None:
    """A replica that loads its model still, and a worker without a plan."""
    path = places.socket("blue", "models/v1", 0)
    wait = Path(f"{path}.wait")
    wait.touch()
    supervisor._follow_plan()
    assert supervisor.not_ready() == ["blue replica 0", "worker 0"]
    supervisor.tend()
    until(lambda: supervisor.not_ready() == ["blue replica 0"])
    wait.unlink()
    until(lambda: not supervisor.not_ready())


def test_the_word_ready_waits_for_the_admin_side_for_a_while_only(
    places: Places, sockets: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile requests are answered; then it is said, with the name of what does not answer."""
    monkeypatch.setattr(starting, "READY_WAIT", BOUND)
    silent = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    usual = commands(places)
    supervisor = supervisor_of(places, setup_of(sockets, replace(usual, control=lambda _: silent)))
    told: list[list[str]] = []

    def end_the_wait() -> None:
        until(lambda: supervisor._replicas.running and not supervisor.not_ready())
        assert not told
        starting.READY_WAIT = 0.0

    def ready(_: float, not_ready: list[str]) -> None:
        told.append(not_ready)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=end_the_wait)
    thread.start()
    supervisor.run(ready)
    thread.join()
    assert told == [["control process"]]


def test_whatever_is_killed_comes_back(
    places: Places, supervisor: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is started again; the log says how it ended."""
    assert supervisor.pause() == BUSY_TICK
    supervisor.tend()
    until(lambda: not supervisor.not_ready())
    assert supervisor.pause() == TICK
    for process in supervisor.processes():
        before = process.pid
        os.kill(before, signal.SIGKILL)
        until(lambda p=process, b=before: p.pid not in (0, b), meanwhile=supervisor.tend)  # type: ignore[misc]
        assert "was killed by SIGKILL; it is started again" in caplog.messages[-1]
    supervisor.tend()
    assert [p["restarts"] for p in listed(places)] == [1, 1, 1]


def test_the_log_s_processes_run_come_back_and_are_replaced_with_the_code(
    places: Places, sockets: list[socket.socket]
) -> None:
    """A reload brings other code: its recorder and keeper run, and the old are listed until they left."""
    waits = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    both = replace(commands(places), recorder=waits, keeper=waits)
    supervisor = supervisor_of(places, setup_of(sockets, both))

    def pid(role: str) -> int:
        return int(next(p["pid"] for p in listed(places) if p["role"] == role and not p.get("draining")))

    try:
        supervisor.tend()
        first = pid("recorder")
        os.kill(first, signal.SIGKILL)
        second = until(
            lambda: pid("recorder") not in (0, first) and pid("recorder"), meanwhile=supervisor.tend
        )
        keeper = pid("keeper")
        supervisor._front.begin_reload(supervisor._plan)
        until(
            lambda: pid("recorder") not in (0, second) and pid("keeper") not in (0, keeper),
            meanwhile=supervisor.tend,
        )
        until(lambda: not any(p.get("draining") for p in listed(places)), meanwhile=supervisor.tend)
        assert not {first, second, keeper} & {p["pid"] for p in listed(places)}
        assert [p["role"] for p in listed(places)].count("recorder") == 1
    finally:
        with Signals(()) as signals:
            supervisor.drain(signals)


def test_a_worker_that_hangs_is_replaced(
    supervisor: Supervisor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds connections that nobody would ever answer; the others are left alone."""
    monkeypatch.setattr(generation, "HUNG_AFTER", 1.0)
    supervisor.tend()
    until(lambda: not supervisor.not_ready())
    worker = supervisor._front.generation.workers[0]
    hung, others = worker.pid, [p.pid for p in supervisor.processes() if p is not worker]
    os.kill(hung, signal.SIGSTOP)
    until(lambda: worker.pid not in (0, hung), meanwhile=supervisor.tend)
    assert [p.pid for p in supervisor.processes() if p is not worker] == others
    assert any("worker 0 has hung" in message for message in caplog.messages)


def test_a_plan_of_another_version_ends_nothing(
    places: Places, supervisor: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody installed a newer gateway and used its commands: what runs stays, and says so once."""
    supervisor.tend()
    before = [process.pid for process in supervisor.processes()]
    places.plan.write_text('{"revision": 99}')
    with PlanSlot(places, writable=True) as slot:
        slot.store(99)
    supervisor.tend()
    supervisor.tend()
    assert [process.pid for process in supervisor.processes()] == before
    said = [record.message for record in caplog.records if "another version" in record.message]
    assert len(said) == 1


def test_the_sockets_outlive_a_worker(supervisor: Supervisor, sockets: list[socket.socket]) -> None:
    """Whoever connects while it is dead waits in the queue and is not refused."""
    supervisor.tend()
    worker = supervisor._front.generation.workers[0]
    assert worker.popen is not None
    worker.signal(signal.SIGKILL)
    worker.popen.wait(BOUND)
    with socket.create_connection(sockets[0].getsockname(), BOUND):
        assert worker.pid == 0


def test_what_cannot_be_started_does_not_stop_the_rest(
    places: Places, supervisor: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says which process and why; the others are looked after, and the next try is not hurried."""
    supervisor._front.generation.control.command = [str(places.state / "missing")]
    supervisor.tend()
    assert supervisor.pause() == TICK
    assert "control cannot be started" in caplog.text
    assert [bool(p["pid"]) for p in listed(places)] == [False, True, True]


def test_workers_wait_for_the_replicas_at_the_start(
    supervisor: Supervisor, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until a model is loaded nobody accepts: who connects waits, and is not told that nobody is up."""
    monkeypatch.setattr(module, "WORKERS_WAIT", 60.0)
    wait = Path(f"{places.socket('blue', 'models/v1', 0)}.wait")
    wait.touch()
    for _ in range(3):
        supervisor.tend()
    assert replica(supervisor)
    assert [each["pid"] for each in listed(places) if each["role"] == "worker"] == [0]
    wait.unlink()
    until(lambda: all(each["pid"] for each in listed(places)), meanwhile=supervisor.tend)
