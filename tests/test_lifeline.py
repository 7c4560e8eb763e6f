"""The end of standard input."""

from __future__ import annotations

import subprocess
import sys

import pytest

WAIT = """
import threading
from gateway.lifeline import at_end_of_input
ended = threading.Event()
at_end_of_input(ended.set)
print("waiting", flush=True)
assert ended.wait(60)
print("ended")
"""


def test_the_end_of_standard_input_is_noticed() -> None:
    """Not before it comes, and whatever was written meanwhile."""
    child = subprocess.Popen(
        [sys.executable, "-c", WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "waiting\n"
    child.stdin.write("nothing that matters")
    child.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.1)
    assert child.communicate(timeout=60)[0] == "ended\n"
    assert child.returncode == 0


def test_an_input_closed_from_the_start_is_an_end() -> None:
    """As for a process that somebody starts without one."""
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -c '{WAIT}' <&-"], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "waiting\nended\n"
