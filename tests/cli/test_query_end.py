"""The end of a query that does not stop."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

from gateway.cli.query_end import ends_within

SCRIPT = """
import sys
from pathlib import Path
from gateway.cli.query_end import ends_within
from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.query import run
folder = Path(sys.argv[1])
with connect(LogPlaces(folder)) as lake, ends_within(0.2, unfinished=folder / "half", grace=0.3):
    run(lake, "SELECT levenshtein(repeat('a', 1000000), repeat('b', 1000000))", timeout=0.2)
"""


def test_a_row_that_takes_for_ever_ends_with_the_process(tmp_path: Path) -> None:
    """DuckDB is told to stop and does not; what was half written is gone."""
    (tmp_path / "half").touch()
    began = time.monotonic()
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 1
    assert told.stderr.startswith("the query took longer than 0.2 s and did not stop when told to")
    assert time.monotonic() - began < 30
    assert not (tmp_path / "half").exists()


def test_what_ends_in_time_goes_on() -> None:
    """Nobody waits any longer for the moment at which it would have ended."""
    before = set(threading.enumerate())
    with ends_within(60, grace=60):
        (waiting,) = set(threading.enumerate()) - before
    waiting.join(10)
    assert not waiting.is_alive()
