"""Those that leave: asked once, given their time, killed after it."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from gateway.supervision.leaving import Leaving
from gateway.supervision.process import Process
from tests.supervision.stand_ins import PYTHON, STUBBORN
from tests.waiting import BOUND, until

OBEDIENT = [sys.executable, "-c", "import sys; sys.stdin.read()"]


def test_who_leaves_is_forgotten_once_gone() -> None:
    """Its end is waited for, and it is not started again."""
    process = Process("worker", OBEDIENT, number=3)
    process.start()
    leaving = Leaving()
    leaving.ask(process, signal.SIGTERM, 60.0)
    assert leaving.processes() == [process]
    until(lambda: not leaving.processes(), meanwhile=leaving.look)
    assert process.is_gone()
    assert process.ended


def test_a_bad_end_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Which process, and how it ended."""
    process = Process("worker", [sys.executable, "-c", "raise SystemExit(3)"], number=3)
    process.start()
    leaving = Leaving()
    assert process.popen is not None
    process.popen.wait(BOUND)
    leaving.ask(process, signal.SIGHUP, 60.0)
    leaving.look()
    assert caplog.messages == ["worker 3, which was to leave, exited with status 3"]


def test_who_stays_too_long_is_killed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After its time and not before."""
    now = 100.0
    process = Process("control", [*PYTHON, STUBBORN, str(tmp_path / "there")])
    process.start()
    until((tmp_path / "there").exists)
    leaving = Leaving(lambda: now)
    leaving.ask(process, signal.SIGTERM, 5.0)
    now += 4.9
    leaving.look()
    assert caplog.messages == []
    now += 0.2
    leaving.look()
    assert caplog.messages == ["control did not leave in time and is killed"]
    until(lambda: not leaving.processes(), meanwhile=leaving.look)
