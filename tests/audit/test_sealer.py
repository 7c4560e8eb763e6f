"""The thread that signs: at once for a new trail, then each hundred entries or minute, and at the end."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gateway.audit.heads import last_head
from gateway.audit.keys import KeySource
from gateway.audit.sealer import Sealer
from gateway.audit.trail import Trail
from gateway.errors import GatewayError
from tests.audit.trails import event


class Clock:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def made(tmp_path: Path, clock: Clock, also: object = None) -> Sealer:
    """A sealer of a trail."""
    folder = tmp_path / "audit"
    done = also if callable(also) else lambda: None
    return Sealer(folder, lambda: KeySource(folder / "key"), done, tmp_path / "problem", clock)


def signed(tmp_path: Path) -> int:
    """Return the last entry that is signed."""
    return last_head(tmp_path / "audit" / "heads.ndjson").n


def test_a_head_each_minute_or_hundred_entries(tmp_path: Path) -> None:
    """The first one at once, and no more where nothing is recorded."""
    clock, trail = Clock(), Trail(tmp_path / "audit")
    sealer = made(tmp_path, clock)
    sealer.look()
    assert signed(tmp_path) == 0
    trail.record(event(0))
    sealer.look()
    assert signed(tmp_path) == 1
    trail.record(event(1))
    sealer.look()
    clock.now = 59.0
    sealer.look()
    assert signed(tmp_path) == 1
    clock.now = 61.0
    sealer.look()
    assert signed(tmp_path) == 2
    for n in range(100):
        trail.record(event(n), durable=False)
    sealer.look()
    assert signed(tmp_path) == 102


def test_the_end_is_signed(tmp_path: Path) -> None:
    """Whatever is left when the gateway ends."""
    trail = Trail(tmp_path / "audit")
    sealer = made(tmp_path, Clock())
    trail.record(event(0))
    sealer.look()
    trail.record(event(1))
    thread = threading.Thread(target=sealer.run)
    thread.start()
    sealer.stop()
    thread.join()
    assert signed(tmp_path) == 2


def test_a_failure_is_told_once_and_until_it_is_mended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log, and in the file that `status` reads."""
    problems = [GatewayError("no key"), GatewayError("no key"), ValueError("a mistake"), None]

    def also() -> None:
        problem = problems.pop(0)
        if problem is not None:
            raise problem

    sealer = made(tmp_path, Clock(), also)
    sealer.look()
    assert (tmp_path / "problem").read_text() == "no key"
    sealer.look()
    sealer.look()
    assert [one.exc_info is not None for one in caplog.records] == [False, True]
    sealer.look()
    assert not (tmp_path / "problem").exists()
