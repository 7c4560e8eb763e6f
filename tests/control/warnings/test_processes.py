"""What is said of processes."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.control.status.health import PROCESS_STATES
from gateway.control.warnings.processes import ago, of_process, process_warnings


def process(role: str, state: str = "healthy", pid: int | None = 7, **more: Any) -> dict[str, Any]:
    """A process as `status` lists it."""
    healthy = state in ("healthy", "draining")
    found = {"role": role, "service": "", "number": 0, "pid": pid, "state": state, "healthy": healthy}
    return {**found, "restarts": 0, "age": 1000.0, **more}


def test_nothing_is_said_of_those_that_do_their_work_or_drain() -> None:
    """A process that was replaced is not broken, whether it still runs or not."""
    roles = ("supervisor", "control", "worker", "replica", "recorder", "keeper")
    drained = [process("worker", "draining", number=1), process("control", "draining", None)]
    assert list(process_warnings([*(process(role) for role in roles), *drained])) == []


@pytest.mark.parametrize("role", ["supervisor", "control", "worker", "replica", "recorder", "keeper"])
@pytest.mark.parametrize("state", sorted(set(PROCESS_STATES) - {"healthy", "draining"}))
def test_everything_else_is_said(role: str, state: str) -> None:
    """Whatever state a role can be in; a supervisor neither starts nor hangs, a replica that hangs starts."""
    cannot = {("supervisor", "starting"), ("supervisor", "hung"), ("replica", "hung")}
    assert bool(of_process(process(role, state))) == ((role, state) not in cannot)


def test_a_sentence_names_the_process_and_what_helps() -> None:
    """With the pid that the command needs."""
    found = list(
        process_warnings([process("worker", number=1), process("replica", "stopped", service="blue")])
    )
    assert found == ["replica blue 0 (pid 7) is stopped by a signal; to go on: kill -CONT 7"]
    (line,) = process_warnings([process("control", "down", None)])
    assert line.startswith("control is not running: no admin API")


def test_without_any_worker_that_works_that_comes_first() -> None:
    """Nobody is answered then."""
    found = list(process_warnings([process("worker", "hung"), process("worker", "down", None, number=1)]))
    assert found[0] == "no worker does its work: no request is answered"
    assert [line.partition(" is")[0].partition(" has")[0] for line in found[1:]] == [
        "worker 0 (pid 7)",
        "worker 1",
    ]
    assert len(list(process_warnings([process("worker", "hung"), process("worker", number=1)]))) == 1


def test_a_restart_is_told_for_some_minutes() -> None:
    """After that the count in the table is enough."""
    told = of_process(process("worker", restarts=3, age=12.4))
    assert told == "was started again 12 s ago (3 times in all); the log says why it ended"
    assert "(1 time in all)" in of_process(process("replica", restarts=1, age=299.0))
    assert of_process(process("worker", restarts=3, age=301.0)) == ""
    assert of_process(process("worker", restarts=0, age=1.0)) == ""
    assert (ago(99.4), ago(240.0)) == ("99 s", "4 min")
