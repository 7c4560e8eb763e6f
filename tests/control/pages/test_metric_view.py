"""One metric in words and places: what is not known is said, and everything is drawn inside."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.pages.metric_view import (
    effect_in_words,
    interval,
    metric_view,
    more_requests,
    place,
    towards,
)

STATE = {"progress": {"canary": "canary", "stable": "blue"}, "rate": 10.0}


def metric(**more: Any) -> dict[str, Any]:
    """A metric as the API tells it."""
    return {
        "name": "errors",
        "outcome": "inconclusive",
        "sentence": "not enough known",
        "canary_requests": 100,
        "stable_requests": 300,
        "canary_bad": 2,
        "stable_bad": 3,
        "effect": 2.0,
        "low": 0.5,
        "high": 8.0,
        "worse": 1.0,
        "worse_bar": 4.0,
        "good": 0.0,
        "good_bar": 3.0,
        "needed": 600,
        **more,
    }


def test_a_metric_has_words_numbers_and_places() -> None:
    """Counts with their percentage, what is needed with its time, evidence in percent of its bar."""
    found = metric_view(metric(), STATE)
    assert found["arms"][0] == {"name": "canary", "requests": "100", "bad": "2 bad (2 %)"}
    assert found["needed"] == "600 more requests (1 min at this rate)"
    assert (found["worse"], found["good"], found["outcome"]) == (25, 0, "not known yet")
    assert found["effect"] == "2 times as bad as stable, surely between 0.5 and 8"


def test_a_metric_that_has_passed_needs_nothing() -> None:
    """Whatever the estimate was."""
    assert metric_view(metric(outcome="pass"), STATE)["needed"] == ""


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"low": None}, "2 times as bad as stable, surely at most 8"),
        ({"high": None}, "2 times as bad as stable, surely at least 0.5"),
        ({"low": None, "high": None}, "2 times as bad, anything is still possible"),
        ({"effect": None}, "no comparison yet"),
        ({"effect": None, "canary_bad": 0, "stable_bad": 0}, "neither has had anything bad yet"),
        ({"canary_bad": 0, "stable_bad": 0}, "neither has had anything bad yet"),
        ({"effect": None, "canary_bad": 0, "stable_bad": 0, "good_bar": 0}, "no comparison yet"),
    ],
)
def test_an_effect_says_what_is_known(more: dict[str, Any], words: str) -> None:
    """An end that is open is said to be."""
    assert effect_in_words(metric(**more)) == words


def test_an_interval_without_ends_is_drawn_from_edge_to_edge() -> None:
    """And none where nothing is known."""
    assert interval(metric(low=None, high=None)) == {"low": 0.0, "at": 65.05, "width": 100.0}
    assert interval(metric(effect=None)) is None
    assert interval(metric(canary_bad=0, stable_bad=0)) is None


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_places_are_inside_and_in_order(one: float, other: float) -> None:
    """The worse is never left of the better; as bad as stable is in the middle."""
    low, high = sorted((one, other))
    assert 0 <= place(low) <= place(high) <= 100
    assert place(1.0) == 50


@given(st.none() | st.floats(allow_nan=False), st.floats(0.01, 1e6))
def test_evidence_is_a_percentage(evidence: float | None, bar: float) -> None:
    """However far it goes beyond its bar, or against it."""
    found = towards(evidence, bar)
    assert found is not None
    assert 0 <= found <= 100
    assert towards(evidence, 0.0) is None


def test_without_a_rate_no_time_is_told() -> None:
    """Nobody knows it."""
    assert more_requests(1200, 0.0) == "1,200 more requests"
