"""A reload under way: one process after another, and over at the first that does not come up."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from gateway.routing.places import Places
from gateway.routing.run_directory import prepare
from gateway.supervision import reload as module
from gateway.supervision.generation import new_generation
from gateway.supervision.process import Process
from gateway.supervision.reload import READY_WITHIN, Reload
from tests.supervision.stand_ins import commands, setup_of
from tests.waiting import until

WAITS = [sys.executable, "-c", "import sys; sys.stdin.read()"]
FAILS = [sys.executable, "-c", "raise SystemExit(3)"]


class Clock:
    """A clock that goes on by so much when it is told to."""

    def __init__(self) -> None:
        self.later = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.later


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A fresh state directory."""
    prepared = prepare(tmp_path / "state")
    yield prepared
    shutil.rmtree(prepared.run.resolve())


Begin = Callable[..., Reload]


@pytest.fixture
def begin(places: Places) -> Iterator[Begin]:
    """How to begin a reload of two workers; whatever it starts is ended."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    made: list[Reload] = []

    def make(worker: Callable[[int], Sequence[str]] | None = None, clock: Clock | None = None) -> Reload:
        generation = new_generation(setup_of(sockets, commands(places, worker)))
        made.append(Reload(places, generation, clock) if clock else Reload(places, generation))
        return made[-1]

    yield make
    for reload in made:
        for process in reload.started():
            process.stop()
            until(process.is_gone)
    for each in sockets:
        each.close()


def test_it_is_over_once_all_are_ready(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers first, the next one started only when the one before it is ready."""
    reload = begin()
    one, two = reload.generation.workers
    started: list[tuple[Process, list[bool]]] = []
    really = Process.start

    def start(process: Process) -> None:
        started.append((process, [reload.was_ready(each) for each in (one, two)]))
        really(process)

    monkeypatch.setattr(Process, "start", start)
    until(reload.step)
    assert [(process.role, process.number, ready) for process, ready in started] == [
        ("worker", 0, [False, False]),
        ("worker", 1, [True, False]),
        ("control", 0, [True, True]),
    ]
    assert reload.problem == ""
    assert all(reload.was_ready(process) for process in reload.generation.processes())
    assert reload.seconds > 0


def test_one_that_ends_is_a_problem(begin: Begin) -> None:
    """The next ones are not even started."""
    reload = begin(lambda _: FAILS)
    until(reload.step)
    assert reload.problem == "the new worker 0 exited with status 3"
    assert reload.started() == [reload.generation.workers[0]]


def test_one_that_was_ready_and_ends_is_a_problem_too(begin: Begin) -> None:
    """It would be missed."""
    reload = begin()
    one, two = reload.generation.workers
    two.command = WAITS
    until(lambda: reload.step() or two.popen)
    one.stop()
    until(reload.step)
    assert reload.problem.startswith("the new worker 0 ")
    assert not reload.was_ready(two)


def test_one_that_does_not_become_ready_is_a_problem(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time and not before."""
    monkeypatch.setattr(module, "READY_WITHIN", READY_WITHIN)
    clock = Clock()
    reload = begin(lambda _: WAITS, clock)
    assert not reload.step()
    reload.generation.workers[0].started = clock()
    clock.later = READY_WITHIN
    assert not reload.step()
    clock.later += 0.1
    assert reload.step()
    assert reload.problem == f"the new worker 0 was not ready within {READY_WITHIN:g} s"


def test_one_that_cannot_be_started_is_a_problem(begin: Begin, tmp_path: Path) -> None:
    """The message says why."""
    reload = begin(lambda _: [str(tmp_path / "missing")])
    assert reload.step()
    assert reload.problem.startswith(
        "the new worker 0 cannot be started: [Errno 2] No such file or directory"
    )
    assert reload.started() == []
