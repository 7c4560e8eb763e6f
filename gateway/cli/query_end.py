"""The end of a query that cannot be stopped from within: DuckDB looks up from a row only once it is done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

GRACE = 3.0
"""Seconds beyond the time limit in which a query may still end by itself."""


@contextmanager
def ends_within(seconds: float, *, unfinished: Path | None = None, grace: float = GRACE) -> Iterator[None]:
    """End the process, and remove an unfinished file, if what is inside takes longer than both together."""
    timer = Timer(seconds + grace, _end, [seconds, unfinished])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end(seconds: float, unfinished: Path | None) -> None:
    """Leave at once: the thread that asks can be neither stopped nor waited for."""
    if unfinished is not None:
        unfinished.unlink(missing_ok=True)
    said = (
        f"the query took longer than {seconds:g} s and did not stop when told to, so this process ends; one "
        "row of it is too much work: look for a function of very long texts or lists\n"
    )
    os.write(2, said.encode())
    os._exit(1)
