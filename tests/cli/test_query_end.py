"""The end of a query that does not stop."""

from __future__ import annotations

import subprocess
import sys
import threading
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
QUERY = "SELECT levenshtein(repeat('a', {0}), repeat('b', {0}))"
with connect(LogPlaces(folder)) as lake:
    run(lake, QUERY.format(1), timeout=60.0)  # now the row is begun long before the limit
    with ends_within(0.5, unfinished=folder / "half", grace=0.3):
        run(lake, QUERY.format(1000000), timeout=0.5)
"""


def test_a_row_that_takes_for_ever_ends_with_the_process(tmp_path: Path) -> None:
    """DuckDB is told to stop and does not; what was half written is gone."""
    (tmp_path / "half").touch()
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, timeout=90, check=False
    )
    assert told.returncode == 1
    assert told.stderr.startswith("the query took longer than 0.5 s and did not stop when told to")
    assert not (tmp_path / "half").exists()


def test_what_ends_in_time_goes_on() -> None:
    """Nobody waits any longer for the moment at which it would have ended."""
    before = set(threading.enumerate())
    with ends_within(60, grace=60):
        (waiting,) = set(threading.enumerate()) - before
    waiting.join(60)
    assert not waiting.is_alive()
