"""What processes cost, as far as the kernel tells."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from gateway.monitoring.usage import usage_of


def test_work_is_counted_as_cpu_time() -> None:
    """This process, beside what it knows of itself."""
    deadline = time.process_time() + 0.05
    while time.process_time() < deadline:
        pass
    found = usage_of(os.getpid())
    assert found is not None
    assert found.cpu == pytest.approx(time.process_time(), abs=0.1)
    assert 1_000_000 < found.memory < 10**11


def test_a_process_that_has_gone_costs_nothing() -> None:
    """Neither does one that there never was."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert usage_of(gone.pid) is None
    assert usage_of(0) is None
