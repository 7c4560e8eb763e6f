"""What is recorded in passing waits in a bounded queue, and nobody waits for it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gateway.audit.event import Event
from gateway.audit.read import latest
from gateway.audit.recorder import Recorder
from gateway.audit.throttle import KINDS, TOLD
from gateway.audit.trail import Trail
from tests.waiting import BOUND

REFUSED = Event("login-failed", "unknown", "192.0.2.1", result="refused")


def test_what_was_done_is_never_throttled(tmp_path: Path) -> None:
    """Refusals are: some are told, the rest is counted and told at the end."""
    recorder = Recorder(Trail(tmp_path / "audit"))
    for _ in range(TOLD + 5):
        recorder.put(REFUSED)
        recorder.put(Event("silence", "token:ann", "socket"))
    assert recorder.close(BOUND)
    first, *others = latest(tmp_path / "audit", 99)
    assert first["detail"].startswith("5 more of these")
    assert [one["what"] for one in others].count("silence") == TOLD + 5
    assert len(others) == 2 * TOLD + 5


def test_what_has_no_room_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And neither putting it nor the end waits for a trail that does not get on."""
    trail, at_it, let_go = Trail(tmp_path / "audit"), threading.Event(), threading.Event()
    append = Trail._append

    def slow(self: Trail, event: Event, durable: bool) -> int:
        at_it.set()
        assert let_go.wait(BOUND)
        return append(self, event, durable)

    monkeypatch.setattr(Trail, "_append", slow)
    recorder = Recorder(trail, waiting=2)
    done = Event("silence", "token:ann", "socket")
    recorder.put(done)
    assert at_it.wait(BOUND)
    for _ in range(5):
        recorder.put(done)
    writer = recorder._thread
    assert writer is not None
    assert not recorder.close(0.0)
    let_go.set()
    recorder._queue.put(None, timeout=BOUND)
    writer.join(BOUND)
    first, *others = latest(tmp_path / "audit", 9)
    assert (first["detail"][:6], first["result"], len(others)) == ("3 more", "done", 3)


def test_very_many_kinds_are_told_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nobody knows any more what they were."""
    monkeypatch.setattr("gateway.audit.throttle.KINDS", 1)
    assert KINDS > 1
    recorder = Recorder(Trail(tmp_path / "audit"))
    for number in range(TOLD + 3):
        recorder.put(Event(f"kind {number}", "unknown", "192.0.2.1", result="refused"))
    assert recorder.close(BOUND)
    first = latest(tmp_path / "audit", 1)[0]
    assert (first["what"], first["detail"][:6]) == ("various", "2 more")


def test_it_goes_on_after_an_end(tmp_path: Path) -> None:
    """The end of what never began is none."""
    recorder = Recorder(Trail(tmp_path / "audit"))
    assert recorder.close()
    for _ in range(2):
        recorder.put(REFUSED)
        assert recorder.close(BOUND)
    assert len(latest(tmp_path / "audit", 9)) == 2
