"""The end of a gateway: asked by a signal, in order, within bounds."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.routing.places import Places
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.routing.run_directory import prepare
from gateway.routing.settings import Limits
from gateway.routing.slot import publish
from gateway.supervision import supervisor as module
from gateway.supervision.generation import Commands
from gateway.supervision.signals import Signals
from gateway.supervision.supervisor import BUSY_TICK, TICK
from tests.supervision.stand_ins import ACCEPT, ANSWER, setup_of, supervisor_of
from tests.waiting import BOUND

HEAD = "import os, sys, time, signal, socket\nfrom pathlib import Path\n"
END = """
def end(*_):
    with open(sys.argv[2], "a") as file:
        file.write(sys.argv[3] + "\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, end)
"""
WORKER = (
    HEAD
    + """
from gateway.monitoring.tally import TallyWriter
def drain(*_):
    listener.close()
    while Path(sys.argv[2] + ".busy").exists():
        time.sleep(0.005)
    end()
"""
    + END
    + """
listener = socket.socket(fileno=int(sys.argv[4]))
signal.signal(signal.SIGTERM, drain)
TallyWriter(Path(sys.argv[1]), os.getpid()).beat(time.monotonic(), 1, 0)
while True:
    time.sleep(0.05)  # not pause(): a signal that comes just before it would be waited for, for ever
"""
)
OTHER = HEAD + END + "Path(sys.argv[2] + '.control').touch()\nwhile True: time.sleep(0.05)"
CONTROL = HEAD + END + ANSWER + "waiting = answer(*sys.argv[4:])\n" + OTHER.removeprefix(HEAD)
REPLICA = HEAD + "import select\n" + END + ACCEPT
STUBBORN = (
    HEAD
    + ANSWER
    + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwaiting = answer(*sys.argv[1:])\ntime.sleep(60)"
)


def plan(revision: int, limits: Limits) -> RoutingPlan:
    """Return a plan of one supervised service."""
    route = Route("r", "/", "blue", (("blue", UNITS),))
    return RoutingPlan((Service("blue", model="m"),), (route,), limits=limits, revision=revision)


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A state directory with that plan."""
    prepared = prepare(tmp_path / "state")
    publish(prepared, plan(1, Limits()))
    yield prepared
    shutil.rmtree(prepared.run.resolve())


@pytest.fixture
def sockets() -> Iterator[list[socket.socket]]:
    """A listening socket for a worker and one for the control process."""
    made = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    yield made
    for each in made:
        each.close()


def ending(places: Places, ends: Path) -> Commands:
    """Return processes that say in a file when they end."""
    python = [sys.executable, "-c"]
    return Commands(
        worker=lambda n, fds: [*python, WORKER, str(places.tally(n)), str(ends), "worker", str(fds["plain"])],
        control=lambda fd: [*python, CONTROL, "", str(ends), "other", str(fd), str(places.admin_socket)],
        replica=lambda _, path: [*python, REPLICA, path, str(ends), "other"],
    )


def stubborn(places: Places, fd: int) -> list[str]:
    """Return a control process that answers, and does not end when it is told to."""
    return [sys.executable, "-c", STUBBORN, str(fd), str(places.admin_socket)]


def test_turns_are_few_once_everything_runs(
    places: Places, sockets: list[socket.socket], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And many until then, so that the start is not slower than its processes are."""
    supervisor = supervisor_of(places, setup_of(sockets, ending(places, tmp_path / "ends")))
    waited: list[float] = []
    before: list[int] = []
    usual = Signals.wait

    def wait(signals: Signals, seconds: float) -> None:
        waited.append(seconds)
        if before and len(waited) == before[0] + 3:
            os.kill(os.getpid(), signal.SIGTERM)
        usual(signals, seconds)

    monkeypatch.setattr(Signals, "wait", wait)
    supervisor.run(lambda *_: before.append(len(waited)))
    (began,) = before
    assert set(waited[:began]) == {BUSY_TICK}
    assert waited[began : began + 3] == [TICK] * 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_workers_first_then_what_they_depend_on(
    places: Places, sockets: list[socket.socket], tmp_path: Path, number: signal.Signals
) -> None:
    """Readiness is told once, with the seconds it took; after the signal nothing is left running."""
    supervisor = supervisor_of(places, setup_of(sockets, ending(places, tmp_path / "ends")))
    took: list[float] = []

    def ready(seconds: float, not_ready: list[str]) -> None:
        assert not not_ready
        took.append(seconds)
        while not (tmp_path / "ends.control").exists():
            time.sleep(0.005)
        os.kill(os.getpid(), number)

    supervisor.run(ready)
    assert (tmp_path / "ends").read_text().split() == ["worker", "other", "other"]
    assert len(took) == 1
    assert 0 < took[0] < BOUND
    assert all(process.is_gone() for process in supervisor.processes())


def test_the_log_ends_behind_the_workers_and_its_keeper_last(
    places: Places, sockets: list[socket.socket], tmp_path: Path
) -> None:
    """So the recorder reads everything, and what it wrote finds somebody to look after it until the end."""
    ends = tmp_path / "ends"

    def of_the_log(role: str) -> list[str]:
        code = OTHER.replace(".control", f".{role}")
        return [sys.executable, "-c", code, "", str(ends), role]

    usual = ending(places, ends)
    both = replace(usual, recorder=of_the_log("recorder"), keeper=of_the_log("keeper"))
    supervisor = supervisor_of(places, setup_of(sockets, both))

    def ready(*_: object) -> None:
        while not all((tmp_path / f"ends.{role}").exists() for role in ("control", "recorder", "keeper")):
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGTERM)

    supervisor.run(ready)
    ended = ends.read_text().split()
    assert (ended[0], ended[-1]) == ("worker", "keeper")
    assert sorted(ended[1:-1]) == ["other", "other", "recorder"]


def test_while_it_drains_new_connections_are_refused(
    places: Places, sockets: list[socket.socket], tmp_path: Path
) -> None:
    """Nobody waits in a queue that nobody will ever look at."""
    ends = tmp_path / "ends"
    busy = tmp_path / "ends.busy"
    busy.touch()
    address = sockets[0].getsockname()
    refused: list[bool] = []

    def connect() -> None:
        deadline = time.monotonic() + 60
        while not refused and time.monotonic() < deadline:
            try:
                socket.create_connection(address, 0.2).close()
            except ConnectionRefusedError:
                refused.append(True)
            except OSError:
                continue  # reset while it waited, or timed out: not what is hoped for
        busy.unlink()

    thread = threading.Thread(target=connect)

    def ready(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        thread.start()

    supervisor_of(places, setup_of(sockets, ending(places, ends))).run(ready)
    thread.join()
    assert refused


def test_who_does_not_end_in_time_is_killed(
    places: Places, sockets: list[socket.socket], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log says who it was."""
    monkeypatch.setattr(module, "GRACE", 0.0)
    publish(places, plan(2, Limits(drain_timeout=0.1)))
    ends = tmp_path / "ends"
    usual = ending(places, ends)
    supervisor = supervisor_of(
        places, setup_of(sockets, replace(usual, control=lambda fd: stubborn(places, fd)))
    )
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    module.log.addHandler(handler)

    def ready(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    supervisor.run(ready)
    module.log.removeHandler(handler)
    assert "control did not end in time and is killed" in said
    assert supervisor.processes()[0].is_gone()


def test_a_turn_that_fails_does_not_end_everything(
    places: Places, sockets: list[socket.socket], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full memory, say: it is logged and the next turn goes on."""
    failures = iter([OSError(28, "No space left on device")] * 2)

    def write(path: Path, content: bytes) -> None:
        if (failure := next(failures, None)) is not None:
            raise failure
        path.write_bytes(content)

    def end_later() -> None:
        deadline = time.monotonic() + 60
        while not (places.processes.exists() and (tmp_path / "ends.control").exists()):
            if time.monotonic() > deadline:
                break  # the assertions below say what did not happen
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(module, "replace_file", write)
    supervisor = supervisor_of(places, setup_of(sockets, ending(places, tmp_path / "ends")))
    thread = threading.Thread(target=end_later)
    supervisor.run(lambda *_: thread.start())
    thread.join()
    assert (tmp_path / "ends").read_text().split() == ["worker", "other", "other"]
    assert places.processes.exists()


def test_a_second_signal_does_not_wait_for_the_drain(
    places: Places, sockets: list[socket.socket], tmp_path: Path
) -> None:
    """Ctrl-C once more: whoever is still there is killed at once."""
    insisted: list[float] = []
    usual = ending(places, tmp_path / "ends")
    supervisor = supervisor_of(
        places, setup_of(sockets, replace(usual, control=lambda fd: stubborn(places, fd)))
    )

    def ready(*_: object) -> None:
        for _again in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        insisted.append(time.monotonic())

    supervisor.run(ready)
    assert time.monotonic() - insisted[0] < Limits().drain_timeout / 2
    assert supervisor.processes()[0].is_gone()
