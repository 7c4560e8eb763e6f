"""Children of a benchmark."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from benchmarks.contenders import ROOT
from benchmarks.process import Cores, child, cpu_ns, last_line, pick_cores, rss_bytes, tree, wait_until
from tests.waiting import BOUND

PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
OUTER = """
import sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from benchmarks.process import child, end_in_order
end_in_order()
with child([sys.executable, "-c", "import time; time.sleep(60)"], Path({log!r}), None) as inner:
    print(inner.pid, flush=True)
    time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""


def test_the_proxy_gets_a_core_of_its_own_where_there_are_two() -> None:
    """The load never shares the proxy's core, except where there is only one."""
    assert pick_cores(frozenset({2, 5, 7})) == Cores(proxy=2, load=5)
    assert pick_cores(frozenset({3})) == Cores(proxy=3, load=3)


def test_tree_finds_grandchildren_and_stop_ends_only_the_child(tmp_path: Path) -> None:
    """All of a proxy's processes are counted, whoever started them."""
    core = min(os.sched_getaffinity(0))
    with child([sys.executable, "-c", PARENT], tmp_path / "log", core) as process:
        wait_until(lambda: len(tree(process.pid)) == 2, BOUND, "the grandchild is there")
        inner = tree(process.pid)[1]
        assert os.sched_getaffinity(inner) == {core}
        wait_until(lambda: rss_bytes(inner) > 1_000_000, BOUND, "its program is loaded")
        os.kill(inner, 15)
    assert process.poll() is not None


def test_cpu_time_grows_with_work(tmp_path: Path) -> None:
    """The scheduler's account sees a process that works."""
    with child([sys.executable, "-c", "while True: pass"], tmp_path / "log", None) as process:
        before = cpu_ns([process.pid])
        wait_until(lambda: cpu_ns([process.pid]) > before + 20_000_000, BOUND, "20 ms of work are counted")


def test_a_child_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    """No benchmark leaves a process behind."""
    log = tmp_path / "log"
    with child([sys.executable, "-c", STUBBORN], log, None, patience=0.2) as process:
        wait_until(lambda: log.read_bytes() == b"up\n", BOUND, "it ignores SIGTERM")
    assert process.returncode == -9


def test_a_benchmark_that_is_told_to_end_ends_its_children_first(tmp_path: Path) -> None:
    """SIGTERM unwinds like Ctrl-C: nobody is left behind."""
    log = tmp_path / "log"
    script = OUTER.format(root=str(ROOT), log=str(tmp_path / "inner"))
    with child([sys.executable, "-c", script], log, None, patience=BOUND) as process:
        wait_until(lambda: log.read_bytes().endswith(b"\n"), BOUND, "the inner process is there")
    assert process.returncode == 128 + signal.SIGTERM
    assert not Path(f"/proc/{int(log.read_text())}").exists()


def test_the_last_line_that_says_anything_is_the_reason() -> None:
    """Programs end with blank lines; silence is named."""
    assert last_line("one\n two \n\n") == "two"
    assert last_line(" \n") == "it printed nothing"


def test_waiting_in_vain_says_for_what() -> None:
    """The bound holds and the message names the condition."""
    start = time.monotonic()
    with pytest.raises(TimeoutError, match="pigs fly"):
        wait_until(lambda: False, 0.05, "pigs fly")
    assert 0.05 <= time.monotonic() - start < BOUND
