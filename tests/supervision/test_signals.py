"""Signals: waited for, told apart, and taken for what was meant by them."""

from __future__ import annotations

import os
import pty
import signal
import sys
import time
from pathlib import Path

import pytest

from gateway.supervision import signals as module
from gateway.supervision.signals import Signals
from tests.waiting import BOUND

LOSING = """
import os, signal, sys
from pathlib import Path
from gateway.supervision.signals import Signals
signal.signal(signal.SIGHUP, getattr(signal, sys.argv[1]))
with Signals((signal.SIGHUP,)) as signals:
    print("here", flush=True)
    for _ in range(600):
        signals.wait(0.1)
        if signals.stop_asked() or signals.take_reload():
            break
    Path(sys.argv[2]).write_text("stop" if signals.stop_asked() else "reload")
"""


def test_signals_are_something_to_wait_for() -> None:
    """A signal ends the wait at once, SIGCHLD asks for nothing, and the handlers are restored."""
    before = signal.getsignal(signal.SIGTERM)
    with Signals((signal.SIGTERM, signal.SIGCHLD)) as signals:
        signals.wait(0.0)
        os.kill(os.getpid(), signal.SIGCHLD)
        began = time.monotonic()
        signals.wait(BOUND)
        assert time.monotonic() - began < BOUND / 2
        assert not signals.stop_asked()
        os.kill(os.getpid(), signal.SIGTERM)
        signals.wait(5.0)
        assert signals.stop_asked()
        assert not signals.insists()
        os.kill(os.getpid(), signal.SIGTERM)
        signals.wait(5.0)
        assert signals.insists()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_reload_is_asked_for_once_however_often_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several SIGHUP before the first is looked at are one reload; one that comes later is another."""
    monkeypatch.setattr(module, "TERMINAL", Path("/nowhere"))
    with Signals((signal.SIGHUP,)) as signals:
        assert not signals.take_reload()
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGHUP)
            signals.wait(5.0)
        assert (signals.take_reload(), signals.take_reload()) == (True, False)
        os.kill(os.getpid(), signal.SIGHUP)
        signals.wait(5.0)
        assert signals.take_reload()
        assert not signals.stop_asked()


@pytest.mark.parametrize(("before", "meant"), [("SIG_DFL", "stop"), ("SIG_IGN", "reload")])
def test_a_closed_terminal_is_an_end_and_no_reload(tmp_path: Path, before: str, meant: str) -> None:
    """Unless it was started with `nohup`: then there is no end."""
    told = tmp_path / "told"
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", LOSING, before, str(told)])
    said = b""
    while not said.endswith(b"\n"):
        said += os.read(terminal, 64)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert told.read_text() == meant
