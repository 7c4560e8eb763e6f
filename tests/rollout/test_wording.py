"""Numbers as a person reads them."""

from __future__ import annotations

from math import inf, log, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rollout import wording


@pytest.mark.parametrize(
    ("fraction", "said"),
    [
        (0.0, "0 %"),
        (0.048014, "4.8 %"),
        (0.009263, "0.93 %"),
        (0.2222, "22 %"),
        (1.0, "100 %"),
        (0.0000123, "0.0012 %"),
        (0.0996, "10 %"),
    ],
)
def test_percent_has_two_digits_that_count(fraction: float, said: str) -> None:
    """And never an exponent."""
    assert wording.percent(fraction) == said


@given(st.floats(0, 1))
def test_percent_never_has_an_exponent(fraction: float) -> None:
    """However small."""
    assert "e" not in wording.percent(fraction)


def test_rates_name_both_numbers() -> None:
    """With thousands set off, and words where there is nothing."""
    assert wording.rate(52, 1083) == "4.8 % of its requests (52 of 1,083)"
    assert wording.rate(0, 1083) == "none of its 1,083 requests"
    assert wording.brief_rate(190, 20511) == "0.93 % (190 of 20,511)"
    assert wording.brief_rate(0, 20511) == "none of 20,511"
    assert wording.share(0.25) == "25 %"
    assert wording.share(0.0005) == "0.05 %"


def test_bounds_are_rounded_away_from_the_truth() -> None:
    """What is claimed is never more than what was shown."""
    assert (wording.times(5.26), wording.at_least(5.26), wording.at_most(5.21)) == ("5.3", "5.2", "5.3")
    assert (wording.at_least(0.278), wording.at_most(0.271)) == ("0.27", "0.28")
    assert (wording.at_least(42.9), wording.at_most(1042.1)) == ("42", "1,043")


def test_evidence_is_odds() -> None:
    """Beyond a million more digits say nothing more."""
    assert wording.odds(log(1840)) == "1,840 to 1"
    assert wording.odds(log(40)) == "40 to 1"
    assert wording.odds(1e9) == "over 1,000,000 to 1"
    assert wording.odds(-3.0) == "less than 1 to 1"


def test_estimates_have_two_digits() -> None:
    """More would pretend to know."""
    assert [wording.about(count) for count in (7, 99, 104, 7757, 1_260_000)] == [
        "7",
        "99",
        "100",
        "7,800",
        "1,300,000",
    ]


def test_latencies_are_milliseconds() -> None:
    """Three digits."""
    assert [wording.milliseconds(us) for us in (300_500, 40_000, 1_234, 2_500_000)] == [
        "300 ms",
        "40 ms",
        "1.23 ms",
        "2,500 ms",
    ]


def test_bins_are_ranges_of_values() -> None:
    """With edges that belong to the bin below them."""
    assert [wording.value_range((3.0, 12.5, 90.0), place) for place in range(4)] == [
        "up to 3",
        "3 to 12.5",
        "12.5 to 90",
        "above 90",
    ]
    assert wording.value_range((), 0) == "bin 1"
    assert wording.value_range((3.0,), 5) == "bin 6"


def test_bins_of_few_values_are_the_values() -> None:
    """As `gateway.rollout.bins` makes them for classes."""
    edges = (nextafter(0.0, -inf), 0.0, 1.0)
    assert [wording.value_range(edges, place) for place in range(4)] == ["below 0", "0", "1", "above 1"]


def test_lists_end_with_and() -> None:
    """One, two and more."""
    assert [wording.listed(found) for found in (["a"], ["a", "b"], ["a", "b", "c"])] == [
        "a",
        "a and b",
        "a, b and c",
    ]
