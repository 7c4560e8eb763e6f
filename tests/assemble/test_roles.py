"""Each process begins as its role, ends with its supervisor, and says why where it cannot begin."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.assemble.__main__ import main
from gateway.assemble.options import UpOptions
from gateway.routing.file import read_plan
from gateway.routing.run_directory import prepare
from gateway.routing.slot import publish
from tests.assemble.routing_file import ROUTING
from tests.waiting import BOUND


@pytest.mark.parametrize("role", ["recorder", "keeper"])
def test_the_log_s_processes_begin_and_end_with_their_supervisor(options: UpOptions, role: str) -> None:
    """Each says that it works, and leaves when its standard input ends."""
    places = prepare(options.state)
    publish(places, read_plan(ROUTING, options.config))
    said = places.recorder if role == "recorder" else places.keeper
    command = [sys.executable, "-m", "gateway.assemble", role, str(places.state), str(places.state.parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        deadline = time.monotonic() + BOUND
        while not said.exists():
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.01)
        process.stdin.close()
        assert process.wait(BOUND) == 0


def test_a_role_that_fails_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A replica without a model ends with status 1 and a sentence, not with a stack of calls."""
    assert main(["replica", str(tmp_path / "nothing"), str(tmp_path / "socket")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("replica: ")
    assert "nothing" in said
