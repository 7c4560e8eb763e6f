"""The bounds: what they contain, what they cost, and that they agree with the tests they come from."""

from __future__ import annotations

import random
from math import comb, exp, inf, isfinite, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.statistics.bounds import RATE_PRIOR, log_rate_evidence, lower_risk, upper_risk
from gateway.statistics.sequential import Chain, log_evidence, worse_than

BAR = log(1 / 0.025)


def one_stretch(share: float, canary: int, stable: int) -> tuple[list[Chain], float]:
    """Evidence of one stretch, half of the prior on it."""
    return [((0.5, share, canary, stable),)], 0.5


def test_599_good_requests_are_enough_for_half_a_percent() -> None:
    """At α = 5 %; no valid test could do with fewer than 598."""
    assert log_rate_evidence(0, 599, 0.005) >= log(20)
    assert log_rate_evidence(0, 598, 0.005) < log(20)
    assert 597 * -log(1 - 0.005) < log(20)


@pytest.mark.parametrize("bar", [0.005, 0.2, 0.5])
def test_evidence_of_a_rate_is_worth_1_at_the_bar(bar: float) -> None:
    """Summed over all outcomes of 30 requests the expectation is exactly 1; above the bar it is less."""

    def expected(rate: float) -> float:
        return sum(
            comb(30, bad) * rate**bad * (1 - rate) ** (30 - bad) * exp(log_rate_evidence(bad, 30, bar))
            for bad in range(31)
        )

    assert expected(bar) == pytest.approx(1.0, abs=1e-12)
    assert expected(bar * 1.5) < 1.0
    assert sum(weight for _, weight in RATE_PRIOR) == pytest.approx(1.0)


def test_a_version_that_fails_sometimes_can_pass_the_absolute_bar_too() -> None:
    """One bad answer is not the end: with 0.1 % bad it passes 0.5 % after some thousand requests."""
    assert log_rate_evidence(3, 3000, 0.005) < log(20) <= log_rate_evidence(4, 4000, 0.005)


@pytest.mark.parametrize("bar", [0.0, 1.0, 1.5, -1.0])
def test_a_bar_of_nothing_or_everything_yields_no_evidence(bar: float) -> None:
    """There is nothing to show."""
    assert log_rate_evidence(0, 10_000, bar) == 0.0


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_rates_are_always_numbers(bad: int, requests: int) -> None:
    """More bad events than requests, which readings that race may show, included."""
    assert isfinite(log_rate_evidence(bad, requests, 0.005))


@given(st.floats(0.01, 0.99), st.integers(0, 3000), st.integers(0, 3000))
def test_the_lower_risk_is_above_1_exactly_where_the_version_fails(
    share: float, canary: int, stable: int
) -> None:
    """Test and interval say the same."""
    chains, rest = one_stretch(share, canary, stable)
    low = lower_risk(chains, rest, BAR)
    fails = log_evidence(chains, rest, worse_than(1.0)) >= BAR
    assert fails == (low is not None and low >= 1.0)


@given(st.floats(0.01, 0.99), st.integers(1, 3000), st.integers(1, 3000))
def test_an_interval_contains_what_was_seen(share: float, canary: int, stable: int) -> None:
    """The most likely relative risk is never refuted."""
    seen = canary * (1 - share) / (stable * share)
    chains, rest = one_stretch(share, canary, stable)
    low, high = lower_risk(chains, rest, BAR), upper_risk(chains, rest, BAR)
    assert (low or 0.0) <= max(seen, 1 / 1057) * 1.0001
    assert min(seen, 1057) <= (high or inf) * 1.0001


@given(st.sampled_from([0.0, 1e-5, 0.5, 1.0]), st.sampled_from([0, 10**9]), st.sampled_from([0, 10**9]))
def test_bounds_are_numbers_or_unknown(share: float, canary: int, stable: int) -> None:
    """Whatever the counts."""
    chains, rest = one_stretch(share, canary, stable)
    for bound in (lower_risk(chains, rest, BAR), upper_risk(chains, rest, BAR)):
        assert bound is None or (isfinite(bound) and bound > 0.0)


def test_nothing_seen_nothing_known() -> None:
    """No bad event bounds no ratio; bad events of stable alone bound it from above only."""
    assert lower_risk(*one_stretch(0.1, 0, 0), BAR) is None
    assert upper_risk(*one_stretch(0.1, 0, 0), BAR) is None
    assert lower_risk(*one_stretch(0.1, 0, 200), BAR) is None
    high = upper_risk(*one_stretch(0.1, 0, 200), BAR)
    assert high is not None
    assert high < 1.0


@pytest.mark.parametrize("risk", [0.5, 1.0, 3.0])
def test_the_interval_holds_at_every_look(risk: float) -> None:
    """Looked at ten times in each of 300 streams: in under 2 x 5 % of them the truth is ever outside."""
    dice, missed, bar = random.Random(11), 0, log(20)
    share = 0.2
    p = share * risk / (share * risk + 1 - share)
    for _ in range(300):
        canary = stable = 0
        for _ in range(10):
            found = sum(dice.random() < p for _ in range(30))
            canary, stable = canary + found, stable + 30 - found
            chains, rest = one_stretch(share, canary, stable)
            low, high = lower_risk(chains, rest, bar), upper_risk(chains, rest, bar)
            if (low is not None and low > risk) or (high is not None and high < risk):
                missed += 1
                break
    assert missed <= 30
