"""What wrk's script reports."""

from __future__ import annotations

import os
import sys

import pytest

from benchmarks.wire import Broken
from benchmarks.wrk import Burst, loaded, read_result


def test_the_result_line_is_found_among_wrks_own_words() -> None:
    """wrk prints a summary for people around the script's line."""
    output = (
        'Running 2s test\nRESULT {"requests": 300, "microseconds": 2000000, "failed": 1}\nRequests/sec: 1\n'
    )
    burst = read_result(output)
    assert burst == Burst(300, 2.0, 1)
    assert burst.rate == 150


def test_no_result_line_says_what_wrk_printed() -> None:
    """A script that could not run must not count as zero requests."""
    with pytest.raises(ValueError, match="unable to connect"):
        read_result("unable to connect")


def test_a_load_that_fails_is_quoted() -> None:
    """Its last words are the reason that the table shows."""
    core = min(os.sched_getaffinity(0))
    with pytest.raises(Broken, match="no luck"):
        loaded([sys.executable, "-c", "raise SystemExit('no luck')"], 1, core)
