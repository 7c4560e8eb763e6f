"""Walks of chance: their gaps, their crossings, and that events are turned into requests rightly."""

from __future__ import annotations

import math
import random
from statistics import fmean, pstdev

import pytest

from gateway.statistics.walk import between, draw, first_good, first_worse, pace, quantile, requests_for

PATHS = draw(random.Random(2).random, 200, 200)
FLAT = [gap for gaps in PATHS.gaps for gap in gaps]


@pytest.mark.parametrize(("stride", "odds"), [(1, 19.0), (1, 0.4), (5, 3.0), (40, 0.5)])
def test_events_of_stable_lie_between_as_chance_has_it(stride: int, odds: float) -> None:
    """Mean and spread are those of the number of failures until so many successes."""
    found = list(between(FLAT, stride, odds))
    assert fmean(found) == pytest.approx(stride * odds, rel=0.03)
    assert pstdev(found) == pytest.approx(math.sqrt(stride * odds * (1 + odds)), rel=0.05)
    assert min(found) >= 0


def test_the_same_dice_draw_the_same_paths() -> None:
    """And in another order they are other paths at the same places."""
    again = draw(random.Random(2).random, 200, 200)
    assert (again.gaps, again.noise) == (PATHS.gaps, PATHS.noise)
    turned = PATHS.turned(203)
    assert turned.gaps[0] == PATHS.gaps[3]
    assert turned.noise[-1] == PATHS.noise[2]


def test_a_version_fails_when_stable_has_had_too_little() -> None:
    """After the first stride by whose end stable is at its limit or below, counted in all events."""
    assert first_worse([5.0, 1.0, 0.0], [-1.0, 4.0, 6.0], 1) == 9.0
    assert first_worse([5.0, 1.0], [4.0, 5.0], 1) == math.inf
    assert first_worse([0.0], [0.0], 4) == 4.0


def test_a_version_passes_when_stable_has_had_enough() -> None:
    """At the very event that is enough, before the canary's next one."""
    assert first_good([3.0, 9.0], [5.0, 8.0], 1) == 9.0
    assert first_good([6.0], [5.0], 1) == 5.0
    assert first_good([1.0, 1.0], [5.0, 8.0], 1) == math.inf
    assert first_good([6.0, 9.0], [5.0, 8.0, 12.0], 2) == 14.0, "a stride's events come before its end"


@pytest.mark.parametrize("events", [3, 40])
def test_events_take_as_many_requests_as_chance_has_it(events: int) -> None:
    """Compared with events drawn one by one, at 10 % of the requests."""
    rng = random.Random(3)
    drawn = [
        sum(1 + int(math.log(1 - rng.random()) / math.log(0.9)) for _ in range(events)) for _ in range(4000)
    ]
    found = [requests_for(events, 0.1, rng.gauss(0, 1)) for _ in range(4000)]
    for part in (0.1, 0.5, 0.9):
        assert quantile(found, part) == pytest.approx(quantile(drawn, part), rel=0.08)
    assert requests_for(math.inf, 0.1, 0.0) == math.inf


def test_a_long_way_is_walked_in_strides() -> None:
    """A short one step by step, and no further than it takes."""
    assert pace(3.0) == (1, 32)
    stride, count = pace(30_000.0)
    assert stride * count >= 4 * 30_000
    assert count <= 240


def test_quantiles_stand_infinity() -> None:
    """What never happens lies beyond all that does."""
    assert quantile([math.inf, 1.0, 2.0, 3.0], 0.5) == 3.0
    assert quantile([math.inf, math.inf, 1.0], 0.9) == math.inf
