"""What the constant-rate script reports."""

from __future__ import annotations

import pytest

from benchmarks.latency import TooSlow, read_result


def test_quantiles_come_in_microseconds() -> None:
    """The script prints seconds."""
    line = 'RESULT {"answered": 10, "p50": 0.000150, "p99": 0.002}\n'
    assert read_result(line, "") == {"p50": 150.0, "p99": 2000.0}


def test_a_script_that_gave_up_says_why() -> None:
    """Its complaint reaches the table."""
    with pytest.raises(TooSlow, match="still missing"):
        read_result("", "openloop.lua:99: TOO SLOW: answers still missing")
