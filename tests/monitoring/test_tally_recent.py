"""The recent window of a tally: what rates, error ratios and latencies in `status` are made of."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.monitoring import tally
from gateway.monitoring.tally import INTERVALS_KEPT, OK, Block, TallyWriter, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a worker's counters are."""
    return tmp_path / "worker-0.tally"


@pytest.mark.parametrize("series", [1, 3, 250])
def test_the_recent_window_is_ten_to_twenty_seconds(
    path: Path, monkeypatch: pytest.MonkeyPatch, series: int
) -> None:
    """At one request a second, a reader at any time finds those of the last 10 to 20 seconds."""
    clock = SimpleNamespace(monotonic=lambda: 1000.0)
    monkeypatch.setattr(tally, "time", clock)
    writer = TallyWriter(path, 1)
    blocks: list[Block] = [writer.block("late", f"v{n}", 1) for n in range(series)]
    for tick in range(1, 601):
        now = 1000.0 + tick / 10
        writer.snapshot(now, 0.1)
        if tick % 10 == 0:
            blocks[-1].count(OK)
            blocks[-1].words[blocks[-1].histogram + 3] += 1
        if tick > 250 and tick % 7 == 0:
            for count in read(path, now)[1]:
                assert 9.8 <= count.recent_seconds <= 20.2
            last = next(c for c in read(path, now)[1] if c.service == f"v{series - 1}")
            assert abs(last.recent_outcomes[OK] - last.recent_seconds) <= 1
            assert last.recent_histogram[3] == last.recent_outcomes[OK]


def test_a_young_series_has_a_window_as_long_as_its_life(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate can be told from the first second on, in a block that was recycled as well."""
    monkeypatch.setattr(tally, "time", SimpleNamespace(monotonic=lambda: 500.0))
    writer = TallyWriter(path, 1)
    for since in range(1, INTERVALS_KEPT + 3):
        writer.block("late", "blue", since).count(OK)
    found = {count.since: count for count in read(path, 502.0)[1]}
    assert found[INTERVALS_KEPT + 2].recent_seconds == 2.0
    assert found[INTERVALS_KEPT + 2].recent_outcomes[OK] == 1


def test_a_long_pause_costs_one_round_of_snapshots(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was stopped for an hour does not make up for every snapshot it missed."""
    writer = TallyWriter(path, 1)
    for n in range(20):
        writer.block("late", f"v{n}", 1)
    taken: list[int] = []
    monkeypatch.setattr(Block, "snapshot", lambda _, now_ms: taken.append(now_ms))
    writer.snapshot(5000.0, 3600.0)
    assert len(taken) == 20
