"""The start as whoever typed it sees it: over once all answers or patience ends, with a word in between."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.routing.places import Places
from gateway.supervision import starting as module
from gateway.supervision.front import Front
from gateway.supervision.generation import is_ready
from gateway.supervision.starting import SAY_EVERY, Starting, admin_not_ready, listens
from tests.supervision.stand_ins import commands, setup_of
from tests.waiting import until


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that is set."""
    at = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: at[0])
    return at


def test_it_is_over_once_everything_answers(now: list[float]) -> None:
    """And it is known how long it took."""
    pending = ["worker 0"]
    starting = Starting(lambda: pending)
    assert not starting.is_over()
    now[0] += 1.5
    pending.clear()
    assert starting.is_over()
    assert starting.seconds == 1.5


def test_what_is_waited_for_is_said_now_and_then(now: list[float], caplog: pytest.LogCaptureFixture) -> None:
    """Not each time it is asked."""
    starting = Starting(lambda: ["worker 0", "blue replica 1"])
    with caplog.at_level(logging.INFO):
        for _ in range(4):
            assert not starting.is_over()
            now[0] += SAY_EVERY / 2 + 0.1
    assert [record.getMessage() for record in caplog.records] == ["waiting for worker 0, blue replica 1"]


def test_it_is_not_waited_for_ever(now: list[float]) -> None:
    """One model may not load at all."""
    starting = Starting(lambda: ["blue replica 0"])
    now[0] += module.READY_WAIT + 0.1
    assert starting.is_over()
    assert starting.pending == ["blue replica 0"]


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    """A front whose control process is not started yet."""
    places = Places(tmp_path)
    places.run.mkdir()
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    made = Front(places, setup_of(sockets, commands(places)), lambda _, before: before)
    yield made
    made.generation.control.stop()
    until(made.generation.control.is_gone)
    for each in sockets:
        each.close()


def test_the_admin_side_is_waited_for_on_its_unix_socket(tmp_path: Path, front: Front) -> None:
    """A script that goes on at the word "ready" asks there at once."""
    places = Places(tmp_path)
    assert admin_not_ready(places, front) == ["control process"]
    places.admin_socket.touch()  # what one that was killed left
    assert admin_not_ready(places, front) == ["control process"]
    front.generation.control.start()
    until(lambda: not admin_not_ready(places, front))
    assert listens(places.admin_socket)


def test_a_kernel_that_does_not_tell_what_a_process_waits_for_holds_nobody_up(
    tmp_path: Path, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever answers on the socket is ready; and where there can be no socket, whoever waits on the port."""
    places = Places(tmp_path)
    front.generation.control.start()
    until(lambda: listens(places.admin_socket))
    with monkeypatch.context() as patch:
        patch.setattr(module, "is_ready", lambda *_: False)
        assert admin_not_ready(places, front) == []
    until(lambda: is_ready(places, front.generation.control))
    places.admin_socket.unlink()
    assert admin_not_ready(places, front) == []
