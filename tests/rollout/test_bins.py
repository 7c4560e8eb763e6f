"""Bins of predictions: made of what stable showed first, and evidence from there on."""

from __future__ import annotations

import math
from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from gateway.rollout.bins import FEW, FIRST, OutputBins, edges_of

STABLE, CANARY = 0, 1


def test_the_first_predictions_of_stable_make_the_bins_and_are_no_evidence() -> None:
    """Until there are enough, those of the canary count for nothing either."""
    bins = OutputBins()
    for index in range(FIRST):
        assert bins.edges == ()
        bins.note(0, 0, CANARY, 5.0)
        bins.note(0, 0, STABLE, index / FIRST)
    assert len(bins.edges) == 9
    assert bins.counts == {}
    bins.note(1, 0, CANARY, 0.05)
    bins.note(1, 0, STABLE, 2.0)
    assert bins.counts == {1: ([0] * 9 + [1], [1] + [0] * 9)}


def test_a_key_counts_once() -> None:
    """A user who asks again in a later span, or at another worker, is no further draw."""
    bins = OutputBins((0.5,))
    for place in (0, 0, 1):
        bins.note(place, 7, STABLE, 0.1)
    bins.note(1, 8, CANARY, 0.9)
    bins.note(1, 0, CANARY, 0.9)
    bins.note(1, 0, CANARY, 0.9)
    assert bins.counts == {0: ([1, 0], [0, 0]), 1: ([0, 0], [0, 3])}


def test_a_class_that_stable_never_showed_has_a_bin() -> None:
    """Where stable always said 1, a 0 and a 2 are told apart from it."""
    bins = OutputBins(edges_of([1.0] * FIRST))
    for value in (0.0, 1.0, 2.0, math.nan):
        bins.note(0, 0, CANARY, value)
    assert bins.counts[0][CANARY] == [1, 1, 2]


@given(st.lists(st.integers(0, 40).map(float), min_size=FIRST, max_size=FIRST))
def test_few_values_have_a_bin_each(values: list[float]) -> None:
    """Up to so many distinct values each is alone in its bin; more of them share at most ten."""
    edges = edges_of(values)
    distinct = set(values)
    places = {bisect_left(edges, value) for value in distinct}
    if len(distinct) <= FEW:
        assert len(places) == len(distinct)
        assert 0 not in places
    else:
        assert len(edges) <= 9
    assert list(edges) == sorted(set(edges))


@given(st.lists(st.floats(-1e9, 1e9), min_size=FIRST, max_size=FIRST, unique=True))
def test_deciles_hold_a_tenth_each(values: list[float]) -> None:
    """Where all values are distinct, each bin holds a tenth of those it was made of."""
    edges = edges_of(values)
    counts = [0] * 10
    for value in values:
        counts[bisect_left(edges, value)] += 1
    assert counts == [FIRST // 10] * 10
