"""The estimate of what is still needed: a straight line, so it has to end where the test passes."""

from __future__ import annotations

from math import log

import pytest

from gateway.statistics.bounds import log_rate_evidence
from gateway.statistics.needed import requests_needed
from gateway.statistics.sequential import good_against, log_evidence


def needed(
    canary: tuple[int, int], stable: tuple[int, int], acceptable: float = 0.0, least: int = 0
) -> int | None:
    """Each as (requests, bad), at a share of a tenth against a margin of 1.3."""
    return requests_needed(
        requests=(canary[0], stable[0]),
        bad=(canary[1], stable[1]),
        share=0.1,
        against=good_against(1.3),
        acceptable=acceptable,
        bar=log(20),
        least=least,
    )


def test_it_is_the_time_at_which_the_ratio_passes() -> None:
    """With counts grown by what it says the evidence is at the bar or just above."""
    found = needed((1000, 3), (9000, 27))
    assert found is not None
    grown = 1 + found / 10_000
    chain = ((1.0, 0.1, round(3 * grown), round(27 * grown)),)
    assert log_evidence([chain], 0.0, good_against(1.3)) == pytest.approx(log(20), abs=0.15)


def test_it_is_the_time_at_which_the_absolute_bar_passes() -> None:
    """Where nothing ever fails, only that bar can."""
    assert needed((100, 0), (900, 0)) is None
    found = needed((100, 0), (900, 0), acceptable=0.005)
    assert found is not None
    assert log_rate_evidence(0, 100 + round(found / 10), 0.005) == pytest.approx(log(20), abs=0.02)


def test_a_version_that_looks_too_bad_has_no_time() -> None:
    """Evidence that falls does not reach anything."""
    assert needed((1000, 30), (9000, 90), acceptable=0.005) is None


def test_the_least_requests_are_needed_anyway() -> None:
    """Also where the evidence is there already."""
    assert needed((1000, 300), (9000, 2700), least=10_500) == 500
