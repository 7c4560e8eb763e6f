"""The gateway's own program, as benchmarks run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import our_gateway


def test_a_gateway_of_a_folder_listens_where_nothing_else_does(tmp_path: Path) -> None:
    """On free ports unless told; how many workers it has is its own choice unless told."""
    program, *words = our_gateway.up(tmp_path, tmp_path / "state")
    assert program == str(our_gateway.program())
    assert words[:3] == ["up", "--config", str(tmp_path / "routing.yaml")]
    assert words[3:5] == ["--state-dir", str(tmp_path / "state")]
    assert words[5:] == ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
    told = our_gateway.up(tmp_path, tmp_path / "state", workers=2, listen="127.0.0.1:8001")
    assert told[6:10] == ["--workers", "2", "--listen", "127.0.0.1:8001"]


def test_a_verb_is_asked_of_one_gateway(tmp_path: Path) -> None:
    """By its state directory."""
    assert our_gateway.verb(tmp_path, "status", "--json")[1:] == [
        *("status", "--json", "--state-dir", str(tmp_path))
    ]


def test_one_that_ended_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    """So that nobody waits for it, or looks for the reason."""
    log = tmp_path / "log"
    log.write_text("x" * 1000 + "the port is taken\n")
    with subprocess.Popen(
        [sys.executable, "-c", "input(); raise SystemExit(3)"], stdin=subprocess.PIPE
    ) as one:
        our_gateway.check_runs(one, log)
        assert one.stdin is not None
        one.communicate(b"\n")
        with pytest.raises(RuntimeError, match=r"^gateway up ended with 3: x{782}the port is taken$"):
            our_gateway.check_runs(one, log)
