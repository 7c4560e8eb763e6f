"""What the kernel says of real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from gateway.monitoring.proc import state_of
from tests.waiting import until


def test_a_process_runs_is_stopped_dies_and_is_gone() -> None:
    """A name with blanks and brackets does not mislead."""
    program = "import sys; open('/proc/self/comm', 'w').write('a) Z (b'); print(flush=True); sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    found = state_of(process.pid)
    assert found is not None
    assert not found.is_stopped
    assert not found.is_dead
    assert 0 <= found.age < 60
    process.send_signal(signal.SIGSTOP)
    until(lambda: (state := state_of(process.pid)) and state.is_stopped, "for its stop")
    process.kill()
    until(lambda: (state := state_of(process.pid)) and state.is_dead, "for its end")
    process.communicate()
    assert state_of(process.pid) is None


def test_this_process_is_there_and_none_is_not() -> None:
    """0 is the pid of what is not running."""
    assert state_of(os.getpid()) is not None
    assert state_of(0) is None


def test_work_is_counted_as_cpu_time() -> None:
    """This process, beside what it knows of itself."""
    deadline = time.process_time() + 0.05
    while time.process_time() < deadline:
        pass
    found = state_of(os.getpid())
    assert found is not None
    assert found.cpu == pytest.approx(time.process_time(), abs=0.1)
    assert 1_000_000 < found.memory < 10**11
