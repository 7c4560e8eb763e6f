"""The words of a metric against its numbers: what is not shown is never said to be certain."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.pages.metric_words import effect, evidence, outcome, thresholds
from gateway.rollout.wording import odds
from tests.control.pages.test_metric_view import metric

RISKS = st.none() | st.floats(1e-4, 1e4)


@given(RISKS, RISKS, RISKS)
def test_more_often_is_said_only_where_the_interval_is_above_one(
    low: float | None, middle: float | None, high: float | None
) -> None:
    """And less often only below; the ends are rounded outwards, so that they hold as they are written."""
    if low is not None and high is not None and low > high:
        low, high = high, low
    said = effect(metric(low=low, effect=middle, high=high), "canary", "blue")
    assert ("more often than" in said) == (low is not None and low > 1)
    assert ("less often than" in said) == (high is not None and high < 1 and not (low and low > 1))
    for word, end, sign in (("at least", low, 1), ("at most", high, -1)):
        if found := re.search(rf"{word} ([\d.,]+\d)", said):
            assert end is not None
            assert sign * float(found[1].replace(",", "")) <= sign * end + 1e-9
    if " by the counts so far" in said and middle is not None:
        assert low is None or low <= middle
        assert high is None or middle <= high


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "No difference is certain: canary fails at least 0.50 and at most 8.0 times as often as blue"),
        ({"low": 1.44}, "canary fails more often than blue: at least 1.4 and at most 8.0 times as often"),
        (
            {"name": "latency p95", "effect": 0.3, "high": 0.501},
            "canary is slow less often than blue: at least",
        ),
        ({"effect": None, "low": None, "high": None}, "Too little is known to compare the two."),
        ({"canary_bad": 0, "stable_bad": 0}, "No answer of either version fails so far"),
    ],
)
def test_an_effect_says_what_is_known(more: dict[str, Any], words: str) -> None:
    """Who, how often, compared with whom."""
    assert effect(metric(**more), "canary", "blue").startswith(words)


@given(st.none() | st.floats(-50, 50), st.floats(0.7, 13))
def test_enough_evidence_is_written_only_once_it_is_there(found: float | None, bar: float) -> None:
    """Odds that round to the threshold before they have come to it are `almost` there."""
    said = evidence(metric(worse=found, worse_bar=bar), "worse")
    had, _, enough = said.partition(" (")
    assert enough == f"{odds(bar)} is enough)"
    assert had != odds(bar) or (found is not None and found >= bar)


OUTPUTS = {"name": "outputs", "good_bar": 0.0, "worse_bar": 3.0}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"outcome": "pass"}, "good enough for the next step"),
        ({"good": 3.5}, "good so far, too few yet"),
        ({**OUTPUTS, "outcome": "pass", "worse": 5.0}, "differs; a person has accepted that"),
        ({**OUTPUTS, "outcome": "pass", "worse": 1.0}, "no difference found"),
        ({**OUTPUTS, "outcome": "pass", "worse": 1.0, "canary_requests": 3}, "not known yet"),
        ({**OUTPUTS, "outcome": "hold", "worse": 5.0}, "differs: asks for a person"),
        ({**OUTPUTS, "outcome": "fail", "worse": 5.0}, "differs: it is taken back"),
    ],
)
def test_an_outcome_does_not_contradict_its_evidence(more: dict[str, Any], words: str) -> None:
    """What a person accepted is said to differ, and what has but few predictions not to be alike."""
    assert outcome(metric(**more))[1] == words


def test_a_threshold_is_named_with_what_happens_there() -> None:
    """Outputs ask a person unless routing.yaml says abort; a side without a threshold has no name."""
    assert thresholds(metric(), "hold") == ("is taken back at 55 to 1", "passes this step at 20 to 1")
    assert thresholds(metric(**OUTPUTS), "hold") == ("a person is asked at 20 to 1", "")
    assert thresholds(metric(**OUTPUTS), "abort")[0] == "is taken back at 20 to 1"
