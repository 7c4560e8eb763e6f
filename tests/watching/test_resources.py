"""What replicas use, as the kernel says it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gateway.watching.resources import Sampler, replicas

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def stat(proc: Path, pid: int, seconds: float, pages: int, started: int = 7) -> None:
    """Write what the kernel would say of a process."""
    fields = ["S", *["0"] * 10, str(round(seconds * TICKS)), "0", *["0"] * 6, str(started), "0", str(pages)]
    (proc / str(pid)).mkdir(exist_ok=True)
    (proc / str(pid) / "stat").write_text(f"{pid} (odd ) name) {' '.join(fields)}")


@pytest.fixture
def processes(tmp_path: Path) -> Path:
    """Return a list of two replicas of one service, a worker, and one replica that is down."""
    rows = [("replica", 11, "v1"), ("replica", 12, "v1"), ("worker", 13, ""), ("replica", 0, "v2")]
    listed = [{"role": role, "pid": pid, "service": service} for role, pid, service in rows]
    path = tmp_path / "processes.json"
    path.write_text(json.dumps({"processes": listed}))
    return path


def test_two_looks_say_how_many_cores(tmp_path: Path, processes: Path) -> None:
    """All replicas of a service together; the first look says nothing."""
    stat(tmp_path, 11, 10.0, 100)
    stat(tmp_path, 12, 5.0, 50)
    sampler = Sampler(tmp_path)
    assert sampler.sample(processes, 100.0) == {}
    stat(tmp_path, 11, 15.0, 200)
    stat(tmp_path, 12, 6.0, 50)
    found = sampler.sample(processes, 110.0)
    assert set(found) == {"v1"}
    assert found["v1"].cores == pytest.approx(0.6)
    assert (found["v1"].samples, found["v1"].memory) == (1, 250 * PAGE)


def test_a_replica_that_was_started_again_is_another_process(tmp_path: Path, processes: Path) -> None:
    """Under the same number too."""
    stat(tmp_path, 11, 10.0, 100)
    sampler = Sampler(tmp_path)
    sampler.sample(processes, 100.0)
    stat(tmp_path, 11, 1.0, 100, started=8)
    assert sampler.sample(processes, 110.0) == {}


def test_what_is_gone_is_left_out(tmp_path: Path, processes: Path) -> None:
    """Processes, and the list of them."""
    stat(tmp_path, 11, 10.0, 100)
    stat(tmp_path, 12, 5.0, 50)
    sampler = Sampler(tmp_path)
    sampler.sample(processes, 100.0)
    (tmp_path / "11" / "stat").unlink()
    stat(tmp_path, 12, 6.0, 50)
    found = sampler.sample(processes, 110.0)
    assert (found["v1"].samples, found["v1"].memory) == (1, 50 * PAGE)
    assert list(replicas(tmp_path / "none.json")) == []
