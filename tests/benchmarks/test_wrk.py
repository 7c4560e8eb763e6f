"""What wrk's script reports."""

from __future__ import annotations

import pytest

from benchmarks.wrk import Burst, read_result


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
