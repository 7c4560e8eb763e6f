"""Drift: counts that have moved are told from counts that differ by chance."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.statistics.drift import (
    LEAST_BUCKETS,
    Days,
    chance_psi,
    clumped_psi,
    jensen_shannon,
    merged,
    psi,
    psi_excess,
)

ALONE = Days(0.0, 1, 1)
"""Draws of one day that are as independent as any."""
COUNTS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=1, max_size=30)


def drawn(dice: Random, weights: list[float], n: int) -> list[int]:
    """Return the counts of n draws."""
    counts = [0] * len(weights)
    for place in dice.choices(range(len(weights)), weights, k=n):
        counts[place] += 1
    return counts


@given(COUNTS)
def test_the_measures_are_distances_of_a_kind(pairs: list[tuple[int, int]]) -> None:
    """They are the same both ways, never negative, and nothing where nothing has moved."""
    one, other = [p for p, _ in pairs], [q for _, q in pairs]
    for measure in (psi, jensen_shannon):
        assert measure(one, other) == pytest.approx(measure(other, one), abs=1e-12)
        assert measure(one, other) >= 0
        assert measure(one, one) == pytest.approx(0, abs=1e-12)
    assert jensen_shannon(one, other) <= 1 + 1e-12
    excess = psi_excess(one, [other], ALONE)
    assert excess is None or 0 <= excess <= psi(one, other)


def test_figures_that_can_be_checked_by_hand() -> None:
    """A half against a quarter in two bins; and bins that have nothing in common are one bit apart."""
    assert psi([500_000, 500_000], [250_000, 750_000]) == pytest.approx(0.2747, abs=1e-4)
    assert jensen_shannon([500, 500], [250, 750]) == pytest.approx(0.0488, abs=1e-4)
    assert jensen_shannon([10, 0], [0, 7]) == pytest.approx(1.0)


def test_an_empty_bin_is_rare_and_not_impossible() -> None:
    """A value that training never saw makes a large index, not an infinite one."""
    assert 0.02 < psi([1000, 0], [990, 10]) < 0.2
    assert psi([1000, 0], [0, 1000]) > 10


def test_without_counts_nothing_has_moved() -> None:
    """No data is no drift."""
    assert psi([0, 0], [3, 4]) == jensen_shannon([1, 1], [0, 0]) == 0.0
    assert psi_excess([3, 4], [[0, 0]], ALONE) is None
    assert psi_excess([3, 4], [], ALONE) is None
    assert psi_excess([0, 0], [[3, 4]], ALONE) is None
    assert chance_psi(10, 100, 0) == float("inf")


@pytest.mark.parametrize("n", [100, 1000])
def test_chance_is_what_it_is_said_to_be(n: int) -> None:
    """The index of two samples of one law is about (bins - 1) (1/n + 1/m) on average."""
    dice = Random(7)
    weights = [1.0] * 10
    reference = drawn(dice, weights, 20_000)
    found = [psi(reference, drawn(dice, weights, n)) for _ in range(200)]
    assert sum(found) / len(found) == pytest.approx(chance_psi(10, 20_000, n), rel=0.15)


def test_a_small_window_does_not_look_like_drift() -> None:
    """Of a hundred small samples of the reference's law hardly one has any excess; a large move has most."""
    dice = Random(8)
    weights = [1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 4.0, 3.0, 2.0, 1.0]
    reference = drawn(dice, weights, 50_000)
    chance = [psi_excess(reference, [drawn(dice, weights, 100)], ALONE) or 0.0 for _ in range(100)]
    assert sum(one > 0.05 for one in chance) <= 1
    assert max(psi(reference, drawn(dice, weights, 100)) for _ in range(100)) > 0.15
    moved = drawn(dice, [*weights[3:], 1.0, 1.0, 1.0], 5_000)
    assert psi_excess(reference, [moved], ALONE) == pytest.approx(psi(reference, moved), abs=0.03)


def clump(dice: Random, n: int) -> list[int]:
    """Return a day of n draws that all fall into one or two of ten bins, wherever the weather is."""
    place = dice.randrange(9)
    return drawn(dice, [float(bin_ in (place, place + 1)) for bin_ in range(10)], n)


def test_a_few_clumps_do_not_look_like_drift() -> None:
    """Days that each lie in a bin or two are few draws, however many predictions they hold."""
    dice = Random(9)
    reference = [sum(place) for place in zip(*(clump(dice, 1000) for _ in range(60)), strict=True)]
    windows = [[clump(dice, 1000) for _ in range(14)] for _ in range(50)]
    plain = [psi(reference, [sum(place) for place in zip(*window, strict=True)]) for window in windows]
    assert sum(one > 0.25 for one in plain) > 25
    assert sum((psi_excess(reference, window) or 0.0) > 0.25 for window in windows) <= 1
    cold = [drawn(dice, [1.0] + [0.0] * 9, 1000) for _ in range(14)]
    assert (psi_excess(reference, cold) or 0.0) > 2


def test_what_training_knows_of_days_outweighs_what_a_window_seems_to_say() -> None:
    """Seven days that happen to be alike scatter little; that days differ is known from elsewhere."""
    dice = Random(11)
    reference = [500] * 10
    alike = [drawn(dice, [0.0] * 5 + [1.0] * 5, 1000) for _ in range(7)]
    alone = psi_excess(reference, alike)
    assert alone is not None
    assert alone > 1
    assert psi_excess(reference, alike, Days(0.5, 60, 7)) == 0.0
    assert (psi_excess(reference, alike, Days(0.001, 60, 7)) or 0.0) > 1


@given(COUNTS, st.floats(0, 1), st.integers(1, 400), st.integers(1, 400))
def test_more_clumping_or_fewer_days_never_make_drift(
    pairs: list[tuple[int, int]], correlation: float, reference: int, window: int
) -> None:
    """The excess falls with the correlation and grows with the days of the window."""
    one, other = [p for p, _ in pairs], [q for _, q in pairs]
    found = psi_excess(one, [other], Days(correlation, reference, window))
    clumpier = psi_excess(one, [other], Days((1 + correlation) / 2, reference, window))
    longer = psi_excess(one, [other], Days(correlation, reference, window + 1))
    if found is None:
        assert clumpier is None
        assert longer is None
    else:
        assert clumpier is not None
        assert longer is not None
        assert clumpier <= found + 1e-9
        assert longer >= found - 1e-9


def test_too_few_buckets_say_nothing() -> None:
    """Unless it is known how days differ, or until there are enough to see it."""
    moved = [[0, 1000]] * LEAST_BUCKETS
    assert psi_excess([900, 100], moved[1:]) is None
    assert psi_excess([900, 100], [*moved[1:], [0, 0]]) is None
    assert (psi_excess([900, 100], moved) or 0.0) > 2
    assert (psi_excess([900, 100], moved[:1], ALONE) or 0.0) > 2


def test_what_days_are_expected_to_show() -> None:
    """A day in one bin of three, against three such days: two degrees of freedom of 1 + 1/3."""
    assert Days(1.0, 3, 1).psi(3) == pytest.approx(8 / 3)
    assert clumped_psi([5, 5, 5], [[9, 0, 0]], Days(1.0, 3, 1)) == pytest.approx(8 / 3 + chance_psi(3, 15, 9))


def test_clumps_of_independent_draws_are_none() -> None:
    """What is expected by chance is then what independent draws have."""
    dice = Random(10)
    weights = [1.0] * 10
    reference = drawn(dice, weights, 20_000)
    found = [clumped_psi(reference, [drawn(dice, weights, 100) for _ in range(30)]) for _ in range(30)]
    assert sum(found) / len(found) == pytest.approx(chance_psi(10, 20_000, 3_000), rel=0.2)
    assert clumped_psi(reference, [drawn(dice, weights, 100)]) == chance_psi(10, 20_000, 100)


@given(COUNTS)
def test_how_a_window_is_divided_does_not_make_drift(pairs: list[tuple[int, int]]) -> None:
    """The excess of buckets that are all alike is that of independent draws; scatter only lessens it."""
    one, other = [p for p, _ in pairs], [q for _, q in pairs]
    whole = [4 * q for q in other]
    divided, together = psi_excess(one, [other] * 4, ALONE), psi_excess(one, [whole], ALONE)
    assert divided == pytest.approx(together, abs=1e-9) if together is not None else divided is None


def test_bins_are_merged_until_each_is_large_enough() -> None:
    """Neighbours go together; what is left over goes to the last."""
    assert merged([5, 5, 90, 50, 1], [1, 2, 3, 4, 5], 0.05) == ([10, 90, 51], [3, 3, 9])
    assert merged([0, 0], [3, 4], 0.5) == ([0], [7])


@given(COUNTS, st.floats(0, 1))
def test_merging_loses_no_count(pairs: list[tuple[int, int]], share: float) -> None:
    """Both sides keep their sums and stay of one length."""
    one, other = [p for p, _ in pairs], [q for _, q in pairs]
    then, now = merged(one, other, share)
    assert (sum(then), sum(now), len(then)) == (sum(one), sum(other), len(now))


def test_bins_that_do_not_fit_are_refused() -> None:
    """Histograms of different lengths cannot be compared."""
    for wrong in (lambda: psi([1], [1, 2]), lambda: jensen_shannon([], []), lambda: merged([1], [], 0.1)):
        with pytest.raises(ValueError, match="cannot be compared"):
            wrong()
