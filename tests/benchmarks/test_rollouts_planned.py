"""The planner's prediction beside a measurement."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.rollouts.measured import BASE, Effect, Measured
from benchmarks.rollouts.planned import ROWS, compared, interval, predicted
from gateway.rollout.outlook import Traffic
from gateway.routing.judges import ErrorsJudge, Judge
from gateway.routing.rollouts import Rollout, Step
from gateway.statistics.histogram import BUCKETS

ROLLOUT = Rollout(
    steps=(Step(50_000), Step(100_000)),
    judge=Judge(errors=ErrorsJudge(), latency=None, outputs=None, min_requests=1_000_000),
)
TRIPLE = Effect(3.0, 80.0)


def measured(*requests: int) -> Measured:
    """Return a measurement of so many requests to each verdict."""
    return Measured(requests, 10_000, 300, Traffic(80.0, BASE, (0,) * BUCKETS), ROLLOUT)


def test_a_prediction_near_the_median_is_met() -> None:
    """A second's requests are added: the controller looks once a second."""
    near = round(predicted(TRIPLE, measured(1)).requests + 80)
    found = compared(TRIPLE, measured(near // 3, near, near * 2))
    assert found.met
    assert (found.requests, found.failed) == (10_000, 300)
    assert not compared(TRIPLE, measured(near * 2)).met


@given(st.lists(st.integers(1, 9_999), min_size=1))
def test_the_median_lies_in_its_interval(requests: list[int]) -> None:
    """Which shrinks as there are more of them."""
    low, high = interval(requests)
    assert low <= median(requests) <= high
    assert interval(list(range(1_000))) == (473, 526)


def test_a_worse_version_is_predicted_to_be_found_sooner() -> None:
    """Of the errors that the rows are about."""
    found = [predicted(Effect(times, 80.0), measured(1)).requests for times in (2.0, 3.0, 5.0)]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("name", ["planned-2", "planned-3", "planned-5", "planned-latency"])
def test_every_effect_has_its_row(name: str) -> None:
    """Errors of several sizes, and latency."""
    assert name in [row.name for row in ROWS]
