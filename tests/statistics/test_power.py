"""The judge's tests as boundaries: each is where the judge's own evidence reaches its bar."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.statistics.bounds import log_rate_evidence
from gateway.statistics.power import Mixture, boundaries, boundary, mean_path, rate_test, risk_test
from gateway.statistics.sequential import Chain, good_against, log_evidence, worse_than

PAST: Chain = ((1 / 2, 0.05, 3, 40), (1 / 6, 0.25, 9, 31))
HERE = (1 / 12, 0.5, 0, 0)


def after(canary: int, stable: int) -> Chain:
    """The same chain with events in its last stretch."""
    return (*PAST, (1 / 12, 0.5, canary, stable))


@given(canary=st.integers(0, 300), stable=st.integers(0, 300))
def test_the_evidence_is_the_judges(canary: int, stable: int) -> None:
    """To the last digit that counts, for the test that fails a version, with what was shown before."""
    test = risk_test((*PAST, HERE), 1 / 4, worse_than(1.0), 0.025)
    judged = log_evidence([after(canary, stable)], 1 / 4, worse_than(1.0))
    assert test.evidence(canary, stable)[0] == pytest.approx(judged, abs=1e-9)
    assert test.bar == pytest.approx(math.log(40))


@given(bad=st.integers(0, 20), good=st.integers(0, 5000))
def test_the_evidence_on_a_rate_is_the_judges(bad: int, good: int) -> None:
    """So many bad and good requests of the canary, against an acceptable rate."""
    found = rate_test(0.01, 0.025).evidence(bad, good)[0]
    assert found == pytest.approx(log_rate_evidence(bad, bad + good, 0.01), abs=1e-6)


@pytest.mark.parametrize("canary", [0, 7, 60, 450])
def test_on_one_side_of_the_boundary_the_bar_is_reached(canary: int) -> None:
    """One event of stable fewer fails a version, one more passes it."""
    worse = risk_test((*PAST, HERE), 1 / 4, worse_than(1.0), 0.025)
    at = boundary(worse, canary, 0.0)
    assert worse.evidence(canary, at - 1)[0] > worse.bar > worse.evidence(canary, at + 1)[0]
    good = risk_test(((1.0, 0.25, 0, 0),), 0.0, good_against(2.0), 0.05)
    at = boundary(good, canary, 0.0)
    assert good.evidence(canary, at - 1)[0] < good.bar < good.evidence(canary, at + 1)[0]


def test_599_good_requests_pass_half_a_percent() -> None:
    """What the judge promises of a version without a bad event, and several hundred more after the first."""
    least = boundaries(rate_test(0.005, 0.05), 1, 2)
    assert least[0] == pytest.approx(599, abs=1)
    assert least[1] > 1000


def test_boundaries_are_those_computed_one_by_one() -> None:
    """Between the points at which they are computed they are all but straight."""
    test = risk_test(((1 / 2, 0.1, 0, 0),), 1 / 2, worse_than(1.0), 0.025)
    found = boundaries(test, 3, 120, 1)
    exact = [boundary(test, 3 * place, 0.0) for place in range(1, 121)]
    assert found == pytest.approx(exact, rel=0.01, abs=0.5)


def test_the_mean_path_ends_at_the_bar() -> None:
    """For a version twice as bad; for one that is no worse it never does."""
    test = risk_test(((1 / 2, 0.25, 0, 0),), 1 / 2, worse_than(1.0), 0.025)
    events = mean_path(test, 1.5)
    assert test.evidence(events, events * 1.5)[0] == pytest.approx(test.bar, abs=0.05)
    assert mean_path(test, 3.0) == math.inf


def test_a_test_that_nothing_moves_has_no_boundary() -> None:
    """At a share of everything there is nobody to compare with."""
    still = Mixture((0.0,), (0.0,), (0.0,), 3.0)
    assert boundary(still, 5, 0.0) == math.inf
    assert mean_path(still, 1.0) == math.inf
