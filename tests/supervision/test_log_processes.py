"""The log's processes: one recorder and one keeper, replaced with the code, ended in order."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import pytest

from gateway.supervision.generation import WORKER_PATIENCE, Commands
from gateway.supervision.log_processes import LogProcesses
from tests.waiting import until

WAITS = [sys.executable, "-c", "import sys; sys.stdin.read()"]


def no_worker(_number: int, _fds: Mapping[str, int]) -> list[str]:
    """Return no command."""
    return []


def commands(mark: str = "", *, keeper: bool = True) -> Commands:
    """Return commands of both, which can be told apart by a mark."""
    return Commands(
        no_worker,
        lambda _: [],
        lambda *_: [],
        recorder=[*WAITS, mark],
        keeper=[*WAITS, mark] if keeper else [],
    )


@pytest.fixture
def processes() -> Iterator[LogProcesses]:
    """Both processes; they are ended."""
    made = LogProcesses()
    yield made
    for process in [*made.processes(), *made.leaving()]:
        process.stop()
        until(process.is_gone)


def test_there_is_one_of_each_that_has_a_command(processes: LogProcesses) -> None:
    """The recorder first; it is started again soon, because its memory is bounded."""
    processes.begin(commands())
    assert [process.role for process in processes.processes()] == ["recorder", "keeper"]
    assert processes.recorder[0].patience == WORKER_PATIENCE
    processes.begin(commands(keeper=False))
    assert [process.role for process in processes.processes()] == ["recorder"]
    assert LogProcesses().processes() == []


def test_other_code_replaces_both(processes: LogProcesses) -> None:
    """The new ones run at once; the old ones leave."""
    processes.begin(commands("old"))
    for process in processes.processes():
        process.tend()
    old = processes.processes()
    processes.begin(commands("new"))
    assert processes.leaving() == old
    assert [process.command[-1] for process in processes.processes()] == ["new", "new"]
    assert all(process.ended for process in old)

    def have_left() -> bool:
        processes.look()
        return not processes.leaving()

    until(have_left)
