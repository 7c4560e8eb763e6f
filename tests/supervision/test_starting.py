"""The start as whoever typed it sees it: over once all answers or patience ends, with a word in between."""

from __future__ import annotations

import logging
import time

import pytest

from gateway.supervision.starting import READY_WAIT, SAY_EVERY, Starting


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
    now[0] += READY_WAIT + 0.1
    assert starting.is_over()
