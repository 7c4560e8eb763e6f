"""What other programs take."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.disturbance import taken_ticks, watch
from benchmarks.process import child, cpu_ns, wait_until
from tests.waiting import BOUND

WORK = "while True: pass"


def test_idle_time_and_interrupts_are_not_taken() -> None:
    """User, nice, system and steal are; idle, iowait, irq and softirq are not; the first line is the sum."""
    assert taken_ticks("cpu  1 20 300 9 9 9 9 4000 9 9\ncpu0 5 5 5 5 5 5 5 5 5 5\n") == 4321


def test_a_stranger_is_noticed_and_the_measured_ones_are_not(tmp_path: Path) -> None:
    """The same working process counts as noise for one watch and not for another."""
    with child([sys.executable, "-c", WORK], tmp_path / "log", None) as process:
        wait_until(lambda: cpu_ns([process.pid]) > 0, BOUND, "it works")
        start, others_and_it, others = cpu_ns([process.pid]), watch([]), watch([process.pid])
        wait_until(lambda: cpu_ns([process.pid]) > start + 300_000_000, BOUND, "it has worked for 0.3 s")
        # What others take between the two looks makes the difference smaller; its own work makes it grow.
        wait_until(lambda: others_and_it() - others() > 0.25, BOUND, "its work makes the difference")
