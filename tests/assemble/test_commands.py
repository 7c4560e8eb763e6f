"""The command lines: what is told to a process is what its role takes."""

from __future__ import annotations

from inspect import signature
from pathlib import Path

import pytest

from gateway.assemble import roles
from gateway.assemble.commands import commands
from gateway.routing.places import Places

STATE = Path("/state")
MADE = commands(Places(STATE), Path("/site/routing.yaml"), None, "told")


def spare_command(models: list[str]) -> list[str]:
    """Return the command of a spare, which there is for replicas of ours."""
    assert MADE.spare is not None
    return MADE.spare(models)


def test_a_worker_is_told_where_its_files_and_sockets_are() -> None:
    """By the number of each descriptor that it inherits."""
    command = MADE.worker(4, {"plain": 7, "preview": 9})
    assert command[-6:] == ["worker", str(STATE), "4", "/site", "plain=7", "preview=9"]


def test_workers_run_the_compiled_copy_where_there_is_one() -> None:
    """Nobody else does, save the recorder."""
    copied = commands(Places(STATE), Path("/site/routing.yaml"), Path("/compiled"), "told")
    assert "PYTHONPATH=/compiled" in copied.worker(0, {})
    assert "PYTHONPATH=/compiled" in copied.recorder
    assert "PYTHONPATH=/compiled" not in [*copied.control(3), *copied.keeper, *MADE.worker(0, {})]


@pytest.mark.parametrize(
    "command",
    [
        MADE.worker(4, {"plain": 7}),
        MADE.control(3),
        MADE.replica("v1", "/run/socket"),
        spare_command(["v1", "v2"]),
        MADE.recorder,
        MADE.keeper,
    ],
)
def test_every_command_names_a_role_and_tells_what_it_takes(command: list[str]) -> None:
    """A mistake here would show only once a process is started."""
    role, *told = command[command.index("gateway.assemble") + 1 :]
    takes = signature(getattr(roles, role))
    assert takes.bind(*told).args == tuple(told)  # raises where there are too few or too many
