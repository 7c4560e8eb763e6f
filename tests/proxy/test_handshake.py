"""A handshake that comes to nothing is counted, once."""

from __future__ import annotations

import gc
from pathlib import Path

from gateway.monitoring.tally import LIMITS, TallyWriter, read
from gateway.proxy.handshake import Handshake


def failed(path: Path) -> int:
    """Return how many handshakes are counted as failed."""
    state, _ = read(path)
    return state.hits[LIMITS.index("tls_handshake")]


def test_one_that_is_given_up_is_counted(tmp_path: Path) -> None:
    """Nobody says so: it is simply no longer there."""
    tally = TallyWriter(tmp_path / "worker-0.tally", 1)
    begun = Handshake(tally)
    assert failed(tmp_path / "worker-0.tally") == 0
    del begun
    gc.collect()
    assert failed(tmp_path / "worker-0.tally") == 1


def test_one_that_is_done_is_not(tmp_path: Path) -> None:
    """Its end is the connection's beginning."""
    tally = TallyWriter(tmp_path / "worker-0.tally", 1)
    begun = Handshake(tally)
    begun.done = True
    del begun
    gc.collect()
    assert failed(tmp_path / "worker-0.tally") == 0
