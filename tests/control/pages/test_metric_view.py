"""One metric in words and places: what is not known is said, and everything is drawn inside."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.pages.metric_view import cards, interval, one_test, place, towards


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


def state(*metrics: dict[str, Any], limits: tuple[float, ...] = (), **more: Any) -> dict[str, Any]:
    """A rollout with these metrics; answers quicker than 20 ms never count as slow."""
    judge = {"latency": {"ignore_below": 0.02}, "outputs": {"on_change": "hold"}}
    progress = {"canary": "canary", "stable": "blue", "thresholds_ms": list(limits)}
    verdict = {"metrics": list(metrics)}
    usual = {"rate": 10.0, "counts": "requests", "spec": {"judge": judge}}
    return {**usual, "progress": progress, "verdict": verdict, **more}


def test_a_test_has_words_numbers_and_places() -> None:
    """Counts with their percentage, what is needed with its time, evidence in percent of its bar."""
    found = one_test(metric(), state())
    assert found["arms"][0] == {"name": "canary", "does": "fails", "said": "2.0 % (2 of 100 requests)"}
    assert found["needed"] == "Still needed: about 600 more requests, 1 min at this rate, as it looks."
    assert [(side["side"], side["percent"]) for side in found["sides"]] == [("worse", 25), ("good", 0)]
    assert found["outcome"] == "not known yet"
    assert one_test(metric(outcome="pass"), state())["needed"] == ""


def test_what_only_waits_for_requests_says_so() -> None:
    """Its evidence is there, so "not known yet" beside it would contradict it."""
    found = one_test(metric(good=4.0, sentence="97 of the 500 requests"), state())
    assert (found["outcome"], found["sentence"]) == ("good so far, too few yet", "97 of the 500 requests")


QUANTILES = tuple(
    metric(name=f"latency p{q}", outcome=o) for q, o in ((50, "pass"), (95, "pass"), (99, "fail"))
)


def test_latency_is_one_card_with_a_test_for_each_threshold() -> None:
    """Quantiles with the same threshold are the same test; the card has the severest outcome."""
    errors, latency = cards(state(metric(), *QUANTILES, limits=(20.0, 20.0, 84.6)))
    assert (errors["name"], latency["name"]) == ("errors", "latency")
    assert [test["title"] for test in latency["tests"]] == [
        "p50 and p95: slower than 20 ms",
        "p99: slower than 84.6 ms",
    ]
    assert latency["outcome"] == "worse: it is taken back"
    assert latency["note"].startswith("20 ms is ignore_below in routing.yaml")


def test_without_thresholds_each_quantile_stands_alone() -> None:
    """They are not known until stable has shown enough answers."""
    (latency,) = cards(state(*QUANTILES))
    assert [test["title"] for test in latency["tests"]] == ["p50", "p95", "p99"]
    assert latency["note"] == ""
    assert cards(state(verdict=None)) == []


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
    assert (found == 100) == (evidence is not None and evidence / bar >= 1)
    assert towards(evidence, 0.0) is None


@pytest.mark.parametrize(("output", "words"), [("", "The first output is"), ("risk", "Output risk is")])
def test_outputs_say_which_one_is_compared_and_why_they_are_few(output: str, words: str) -> None:
    """Beside a hundred users, seven predictions look like a mistake."""
    found = state(metric(name="outputs", good_bar=0.0))
    found["spec"] = {"judge": {"outputs": {"on_change": "hold", "output": output}}}
    note = cards(found)[0]["note"]
    assert note.startswith(words)
    assert "only of a sample of the answers" in note
