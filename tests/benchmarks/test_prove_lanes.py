"""What counters of workers say while weights change."""

from __future__ import annotations

from numpy.random import default_rng

from benchmarks.prove.lanes import Lanes
from benchmarks.prove.traffic import World

WORLD = World(seconds=100, rate=100)


def test_counters_end_at_what_happened() -> None:
    """Two workers, three divisions: nothing is lost between them and nothing counted twice."""
    lanes = Lanes(WORLD, default_rng(1), workers=2)
    for since, share, second in ((1, 0.05, 0), (2, 0.25, 30), (3, 0.5, 60)):
        lanes.divide(since, share, second)
    totals = lanes.totals(WORLD.seconds + 3)
    assert set(totals) == {1, 2, 3}
    happened = lanes.happened()
    assert happened.seconds == 100
    assert int(happened.requests_by[-1]) == 10_000
    for arm, (requests, bad) in enumerate(
        ((happened.stable, happened.stable_bad), (happened.canary, happened.canary_bad))
    ):
        assert sum(pair[arm].requests for pair in totals.values()) == requests.sum()
        assert sum(pair[arm].bad[0] for pair in totals.values()) == bad.sum()


def test_the_second_worker_is_late() -> None:
    """It adopts weights a second after the first, so both divisions go on for a moment."""
    lanes = Lanes(WORLD, default_rng(2), workers=2)
    lanes.divide(1, 0.05, 0)
    lanes.divide(2, 0.5, 30)
    first, second = lanes.lanes
    assert [stretch.begin for stretch in first.stretches] == [0, 30]
    assert [stretch.begin for stretch in second.stretches] == [0, 31]


def test_counters_only_grow() -> None:
    """One worker, read in order."""
    lanes = Lanes(WORLD, default_rng(3))
    lanes.divide(1, 0.5, 0)
    seen = [lanes.totals(second)[1][0].requests for second in range(101)]
    assert seen[0] == 0
    assert seen == sorted(seen)
    assert seen[-1] == int(lanes.happened().stable.sum())
