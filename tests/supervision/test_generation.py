"""A generation: numbers of its own, and ready only when it truly is."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.monitoring.tally import TallyWriter
from gateway.routing.addresses import Address
from gateway.routing.places import Places
from gateway.routing.run_directory import prepare
from gateway.supervision.generation import (
    HUNG_AFTER,
    Setup,
    called,
    is_accepting,
    is_hung,
    is_ready,
    new_generation,
    state_of,
)
from gateway.supervision.listeners import Wanted, bind
from gateway.supervision.process import Process
from tests.supervision.stand_ins import CONTROL, PYTHON, commands
from tests.waiting import until

HERE = Address("127.0.0.1", 0)


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A fresh state directory."""
    prepared = prepare(tmp_path / "state")
    yield prepared
    shutil.rmtree(prepared.run.resolve())


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    """Three workers, listening for TLS too."""
    listeners = bind(Wanted(HERE, HERE, HERE), 3)
    yield Setup(listeners, commands(Places(tmp_path_factory.mktemp("state"))), 3)
    for bound in listeners.everything():
        bound.close()


def test_each_process_is_given_its_sockets(setup: Setup) -> None:
    """A worker the plain one and that for TLS, the control process its own."""
    generation = new_generation(setup)
    assert [process.role for process in generation.processes()] == ["control", *["worker"] * 3]
    assert [worker.pass_fds for worker in generation.workers] == [
        tuple(setup.listeners.of_worker(n).values()) for n in range(3)
    ]
    assert len({fd for worker in generation.workers for fd in worker.pass_fds}) == 6
    assert generation.control.pass_fds == (setup.listeners.admin.sockets[0].fileno(),)


@given(taken=st.sets(st.integers(0, 12)))
def test_numbers_are_free_and_as_small_as_can_be(setup: Setup, taken: set[int]) -> None:
    """No living worker has the number, each place has its own series, and gone ones' are used again."""
    numbers = [worker.number for worker in new_generation(setup, taken).workers]
    assert not taken & set(numbers)
    assert [number % 3 for number in numbers] == [0, 1, 2]
    assert all(set(range(number % 3, number, 3)) <= taken for number in numbers)


def test_a_worker_is_ready_once_it_has_said_so_itself(places: Places) -> None:
    """Neither what the one before it wrote counts, nor a worker without a plan."""
    worker = Process("worker", [], number=4, started=time.monotonic())
    worker.popen = type("Running", (), {"pid": os.getpid(), "returncode": None})()
    assert not is_ready(places, worker)
    TallyWriter(places.tally(4), os.getpid() + 1).beat(time.monotonic() + 1, 7, 0)
    assert (state_of(places, worker), is_ready(places, worker)) == (None, False)
    tally = TallyWriter(places.tally(4), os.getpid())
    tally.beat(worker.started - 1, 7, 0)
    assert not is_ready(places, worker)
    tally.beat(worker.started + 1, 0, 0)
    assert not is_ready(places, worker)
    tally.beat(worker.started + 1, 7, 0)
    assert is_ready(places, worker)


def test_a_worker_has_hung_once_it_has_said_nothing_for_long(places: Places) -> None:
    """Counted from its start or its last word, whichever is later; one without a first word has not begun."""
    worker = Process("worker", [], number=4, started=100.0)
    worker.popen = type("Running", (), {"pid": os.getpid(), "returncode": None})()
    assert not is_hung(places, worker, 100.0 + 10 * HUNG_AFTER)
    tally = TallyWriter(places.tally(4), os.getpid())
    tally.beat(99.0, 7, 0)
    assert not is_hung(places, worker, 100.0 + HUNG_AFTER)
    tally.beat(200.0, 7, 0)
    assert not is_hung(places, worker, 200.0 + HUNG_AFTER)
    assert is_hung(places, worker, 200.1 + HUNG_AFTER)


def test_the_control_process_is_ready_once_it_waits_for_connections(places: Places) -> None:
    """That it runs, and that somebody else answers on its socket, is not enough."""
    with socket.create_server(("127.0.0.1", 0)) as admin:
        fd = admin.fileno()
        for script, ready in (("import sys; print(flush=True); sys.stdin.read()", False), (CONTROL, True)):
            process = Process("control", [*PYTHON, script, str(fd), str(places.admin_socket)], pass_fds=(fd,))
            assert not is_ready(places, process)
            process.start()
            until(lambda p=process, r=ready: is_ready(places, p) is r)  # type: ignore[misc]
            process.stop()
            until(process.is_gone)
            assert not is_ready(places, process)
    assert not is_accepting(0, fd)


def test_processes_are_called_by_name_and_number() -> None:
    """There is one control process only."""
    assert [called(Process(role, [])) for role in ("control", "recorder", "keeper")] == [
        "control",
        "recorder",
        "keeper",
    ]
    assert called(Process("worker", [], number=2)) == "worker 2"
    assert called(Process("replica", [], "blue", 1)) == "replica blue 1"
