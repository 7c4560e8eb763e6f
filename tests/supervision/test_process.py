"""One supervised process: started again when it dies, more patiently each time, and never left behind."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.supervision.process import BACKOFF_FIRST, BACKOFF_LAST, STEADY_AFTER, Process, exit_reason
from tests.waiting import BOUND, until

UNTIL_INPUT_ENDS = [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"]
FAILS = [sys.executable, "-c", "raise SystemExit(3)"]
PARENT = """
import sys
from gateway.supervision.process import Process
child = "import sys, pathlib; print('up', flush=True); sys.stdin.read(); pathlib.Path(sys.argv[1]).touch()"
process = Process("worker", [sys.executable, "-c", child, sys.argv[1]])
process.start()
input()
"""


@dataclass
class Clock:
    """A clock that stands until it is set."""

    now: float = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def ended(process: Process) -> None:
    """Wait until the running process has ended by itself or by a signal."""
    assert process.popen is not None
    process.popen.wait(BOUND)


def test_it_is_started_and_stopped() -> None:
    """SIGTERM ends it, and once asked to stop it is not started again."""
    process = Process("worker", UNTIL_INPUT_ENDS)
    assert process.pid == 0
    assert process.tend() is None
    assert process.pid > 0
    assert not process.is_gone()
    process.stop()
    ended(process)
    assert process.is_gone()
    assert process.tend() == -signal.SIGTERM
    assert (process.pid, process.tend()) == (0, None)
    process.stop()


def test_patience_grows_with_each_early_death_and_starts_anew_after_a_steady_life() -> None:
    """It waits 0.2, 0.4, 0.8 s and so on up to 15 s; a process that ran well is started again at once."""
    clock = Clock()
    process = Process("worker", FAILS, clock=clock)
    assert process.starts_in() == 0.0
    process.tend()
    assert process.starts_in() == math.inf
    delays = []
    for death in range(1, 10):
        ended(process)
        assert process.tend() == 3
        assert process.restarts == death
        began, wait = clock.now, process.starts_in()
        while not process.pid:
            clock.now += 0.01
            assert process.tend() is None
        delays.append(round(clock.now - began, 1))
        assert round(wait, 1) == delays[-1]
    assert delays == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, BACKOFF_LAST, BACKOFF_LAST]
    ended(process)
    clock.now += STEADY_AFTER + 0.1
    assert process.tend() == 3
    assert process.pid
    ended(process)
    assert process.tend() == 3
    clock.now += 2 * BACKOFF_FIRST + 0.001
    process.tend()
    assert process.pid
    ended(process)
    process.stop()
    assert process.is_gone()
    assert process.starts_in() == math.inf


def test_a_killed_process_is_found_dead_and_replaced() -> None:
    """The status says by which signal; the new process has another id and a lifeline of its own."""
    process = Process("worker", UNTIL_INPUT_ENDS, clock=Clock())
    process.tend()
    first = process.pid
    process.signal(signal.SIGKILL)
    ended(process)
    process.clock = Clock(200.0)
    assert process.tend() == -signal.SIGKILL
    assert process.pid not in (0, first)
    process.stop()
    ended(process)
    assert process.is_gone()


def test_it_has_a_process_group_of_its_own() -> None:
    """Ctrl-C on the terminal reaches the supervisor alone, which then drains in order."""
    command = [sys.executable, "-c", "import os, sys; sys.exit(os.getpgid(0) == os.getpid())"]
    process = Process("worker", command)
    process.tend()
    ended(process)
    assert process.popen is not None
    assert process.popen.returncode == 1
    process.stop()
    assert process.is_gone()


def test_its_input_ends_with_whoever_started_it_even_by_kill_9(tmp_path: Path) -> None:
    """The lifeline: the child notices, does what it has to and ends."""
    noticed = tmp_path / "noticed"
    command = [sys.executable, "-c", PARENT, str(noticed)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        assert not noticed.exists()
        parent.kill()
        assert parent.stdout.read() == b""  # the child holds the other end until it has ended
    assert noticed.exists()


def test_one_child_does_not_hold_the_lifeline_of_another() -> None:
    """Cut for one, it ends for that one only, and at once."""
    first, second = Process("worker", UNTIL_INPUT_ENDS), Process("worker", UNTIL_INPUT_ENDS, number=1)
    first.tend()
    second.tend()
    first._cut_lifeline()
    ended(first)
    assert not second.is_gone()
    second.stop()
    ended(second)
    assert first.is_gone()
    assert second.is_gone()


def test_a_command_that_cannot_be_run_is_tried_again_later(tmp_path: Path) -> None:
    """No memory or no file for it now: the supervisor goes on with the others, patiently."""
    clock = Clock()
    process = Process("worker", [str(tmp_path / "missing")], clock=clock)
    with pytest.raises(OSError, match="missing"):
        process.tend()
    assert process.tend() is None
    clock.now += BACKOFF_LAST
    with pytest.raises(OSError, match="missing"):
        process.tend()
    assert process.is_gone()


def test_how_a_process_ended_in_words() -> None:
    """By status, by a signal's name, or by a number that has none."""
    assert exit_reason(3) == "exited with status 3"
    assert exit_reason(-9) == "was killed by SIGKILL"
    assert exit_reason(-99) == "was killed by signal 99"


def test_a_dead_process_goes_on_in_a_spare(tmp_path: Path) -> None:
    """The spare is told what it becomes, keeps its lifeline, and another one can be started."""
    told = tmp_path / "told"
    script = f"import sys; open({str(told)!r}, 'w').write(sys.stdin.readline()); sys.stdin.read()"
    spare = Process("spare", [sys.executable, "-c", script])
    spare.tend()
    pid = spare.pid
    process = Process("replica", [*FAILS, "folder", "socket"], clock=Clock())
    process.tend(spare)
    assert (process.pid, spare.pid) == (pid, 0)
    until(lambda: told.exists() and told.read_text())
    assert json.loads(told.read_text()) == ["folder", "socket"]
    spare.tend()
    assert spare.pid not in (0, pid)
    for each in (process, spare):
        each.stop()
        assert each.popen is not None
        each.popen.wait(BOUND)
        assert each.is_gone()
