"""The keeper: tasks in threads of their own; one that fails is said, counted, tried again later and later."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.watching import keeper as module
from gateway.watching.keeper import LONGEST_WAIT, Keeper, Runner, Task
from tests.waiting import BOUND, until

ROOT = Path(__file__).resolve().parents[2]


class Step:
    """A step that does what it is told: fail, or return something."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.calls = 0

    def __call__(self) -> Mapping[str, Any] | None:
        """Do it."""
        self.calls += 1
        if self.error is not None:
            raise self.error
        return {"calls": self.calls}


def test_what_a_step_returns_is_told() -> None:
    """How often it was done, and how long it took."""
    step, now = Step(), [10.0]
    runner = Runner(Task("seal", 5.0, step), lambda: now[0])
    assert runner.document()["state"] == "waiting"
    runner.once()
    assert runner.document() == {
        "name": "seal",
        "state": "ok",
        "runs": 1,
        "failures": 0,
        "problem": "",
        "seconds": 0.0,
        "said": {"calls": 1},
    }
    assert runner.pause() == 5.0


def test_a_failure_is_told_and_patience_grows(caplog: pytest.LogCaptureFixture) -> None:
    """Said once while it is the same; what was said before stays; as soon as it works all is as before."""
    step = Step()
    runner = Runner(Task("seal", 5.0, step))
    runner.once()
    step.error = OSError("no disk")
    pauses = []
    for _ in range(12):
        runner.once()
        pauses.append(runner.pause())
    assert pauses[:3] == [10.0, 20.0, 40.0]
    assert pauses[-1] == LONGEST_WAIT
    found = runner.document()
    assert (found["state"], found["failures"], found["problem"]) == ("failing", 12, "no disk")
    assert found["said"] == {"calls": 1}
    assert len(caplog.records) == 1
    step.error = ValueError()
    runner.once()
    assert runner.document()["problem"] == "ValueError()"
    step.error = None
    with caplog.at_level(logging.INFO):
        runner.once()
    assert "seal works again" in caplog.text
    assert (runner.document()["state"], runner.document()["problem"], runner.pause()) == ("ok", "", 5.0)


def test_a_rare_task_is_not_done_more_often_for_failing() -> None:
    """Once a day stays once a day."""
    step = Step()
    step.error = OSError("no")
    runner = Runner(Task("retention", 86_400.0, step))
    runner.once()
    assert runner.pause() == 86_400.0


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Where the keeper says how it does."""
    return tmp_path / "keeper.json"


@pytest.fixture
def keepers() -> Iterator[list[Keeper]]:
    """Keepers that are stopped."""
    made: list[Keeper] = []
    yield made
    for each in made:
        each.stop()


def told(path: Path) -> dict[str, Any]:
    """Return what a keeper said of each task."""
    return {task["name"]: task for task in json.loads(path.read_bytes())["tasks"]}


def test_one_that_takes_long_or_fails_holds_up_no_other(report: Path, keepers: list[Keeper]) -> None:
    """The report says who is at it, and since when."""
    may_end = threading.Event()
    broken, quick = Step(), Step()
    broken.error = OSError("no disk")
    made = Keeper(
        [
            Task("slow", 0.001, lambda: {"done": may_end.wait(BOUND)}),
            Task("broken", 0.001, broken),
            Task("quick", 0.001, quick),
        ],
        report,
    )
    keepers.append(made)
    made.start()
    until(lambda: made.runners[0].state == "running" and made.runners[1].failures > 2)
    until(lambda: made.runners[2].said.get("calls", 0) > 5)
    made.tell()
    found = told(report)
    assert found["slow"]["state"] == "running"
    assert found["slow"]["seconds"] > 0
    assert found["broken"]["problem"] == "no disk"
    assert found["quick"]["said"]["calls"] > 5
    may_end.set()
    assert made.stop(BOUND)


def test_at_the_end_every_task_is_closed(
    report: Path, keepers: list[Keeper], caplog: pytest.LogCaptureFixture
) -> None:
    """One that cannot be closed does not keep the others from it."""
    closed = []

    def fail() -> None:
        raise OSError("stuck")

    made = Keeper([Task("a", 1.0, Step(), fail), Task("b", 1.0, Step(), lambda: closed.append("b"))], report)
    keepers.append(made)
    made.start()
    assert made.stop(BOUND)
    assert closed == ["b"]
    assert "a could not be closed" in caplog.text


def test_who_does_not_end_is_not_waited_for(report: Path) -> None:
    """It is told, so that the process can be broken off."""
    may_end = threading.Event()
    made = Keeper([Task("slow", 1.0, lambda: {"done": may_end.wait(BOUND)})], report)
    made.start()
    until(lambda: made.runners[0].state == "running")
    assert not made.stop(patience=0.01)
    may_end.set()
    assert made.stop(BOUND)


def test_a_report_that_cannot_be_written_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Memory may be full."""
    Keeper([], tmp_path / "no" / "keeper.json").tell()
    assert "cannot be written" in caplog.text


PROCESS = """
import sys, time
from pathlib import Path
from gateway.watching.keeper import Keeper, Task, run
seconds = float(sys.argv[2])
run(Keeper([Task("slow", 1.0, lambda: time.sleep(seconds))], Path(sys.argv[1])))
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, None])
def test_the_process_ends_with_a_signal_or_its_supervisor(report: Path, how: signal.Signals | None) -> None:
    """It says how it does meanwhile."""
    command = [sys.executable, "-c", PROCESS, str(report), "0"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        until(report.exists)
        if how is None:
            process.stdin.close()
        else:
            process.send_signal(how)
        assert process.wait(BOUND) == 0


def test_the_process_breaks_off_what_does_not_end(report: Path) -> None:
    """Whoever is in the midst of a query is not waited for longer than said."""
    code = PROCESS.replace("run(Keeper", "import gateway.watching.keeper as k; k.FAREWELL = 0.1; run(Keeper")
    command = [sys.executable, "-c", code, str(report), "600"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        until(report.exists)
        process.send_signal(signal.SIGTERM)
        assert process.wait(BOUND) == 0


def test_patience_at_the_end_is_bounded() -> None:
    """The supervisor waits longer than the tasks may take."""
    from gateway.supervision.log_processes import PATIENCE

    assert module.FAREWELL < PATIENCE
