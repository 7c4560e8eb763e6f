"""Rules and signals make alerts."""

from __future__ import annotations

import json

import pytest

from gateway.routing.watches import AlertRule
from gateway.watching.alert_states import Course
from gateway.watching.alerts import (
    REMEMBERED,
    Alert,
    concerns,
    from_document,
    is_worth_keeping,
    looked_at,
    matching,
    moved,
    new,
    reading_of,
    to_document,
)
from gateway.watching.signals import Signal

DRIFT = AlertRule("drift", "drift", ">", 0.25, least=1_000)
X = Signal("drift", "v1", "x", 0.4, 2_000, 0.0)
SIGNALS = [
    X,
    Signal("drift", "v2", "x", 0.1, 2_000),
    Signal("drift", "v1", "y", 0.3, 10),
    Signal("errors", "v1", "", 0.5, 9),
]


def test_a_rule_compares_what_it_names() -> None:
    """Each field and version on its own, unless it names some."""
    assert [it.version + it.field for it in matching(DRIFT, SIGNALS)] == ["v1x", "v2x", "v1y"]
    assert len(list(matching(AlertRule("d", "drift", ">", 1, field="x"), SIGNALS))) == 2
    assert len(list(matching(AlertRule("d", "drift", ">", 1, versions=("v2",)), SIGNALS))) == 1
    assert concerns(AlertRule("d", "drift", ">", 1, routes=("late",)), "late")
    assert not concerns(AlertRule("d", "drift", ">", 1, routes=("late",)), "early")


@pytest.mark.parametrize(
    ("signal", "reading"),
    [
        (X, "holds"),
        (Signal("drift", "v1", "x", 0.25, 2_000), "not"),
        (Signal("drift", "v1", "x", 0.4, 999), "no data"),
        (Signal("drift", "v1", "x", None, 2_000), "no data"),
        (None, "no data"),
    ],
)
def test_too_little_says_nothing(signal: Signal | None, reading: str) -> None:
    """Neither that it holds nor that it does not."""
    assert reading_of(DRIFT, signal) == reading


def test_a_rule_may_ask_for_less() -> None:
    """And evidence is enough once it is reached."""
    low = AlertRule("accuracy", "accuracy", "<", 0.7)
    assert reading_of(low, Signal("accuracy", "v1", "", 0.6, 500)) == "holds"
    assert reading_of(low, Signal("accuracy", "v1", "", 0.7, 500)) == "not"
    decay = AlertRule("decay", "decay", ">", 1.0)
    assert reading_of(decay, Signal("decay", "v1", "", 1.0, 500)) == "holds"


def test_an_alarm_of_decay_goes_on_until_days_speak_against_it() -> None:
    """It does not end the day after because a single day was good; another signal has no such memory."""
    rule = AlertRule("decay", "decay", ">", 2.0)
    states = []
    alert = new(rule, "late", Signal("decay", "v1", "", 0.0, 500))
    for at, evidence in enumerate((1.9, 2.0, 0.9, 0.11, 0.1, 1.9), 1):
        alert = moved(rule, alert, Signal("decay", "v1", "", evidence, 500), float(at))
        states.append(alert.state)
    assert states == ["inactive", "firing", "firing", "firing", "resolved", "resolved"]
    assert (alert.course.fired, alert.course.resolved) == (2.0, 5.0)
    drift = moved(DRIFT, new(DRIFT, "late", X), X, 1.0)
    assert moved(DRIFT, drift, Signal("drift", "v1", "x", 0.2, 2_000), 2.0).state == "resolved"


def test_an_alert_keeps_what_it_said_while_there_is_no_data() -> None:
    """With a sign that it is blind."""
    fired = moved(DRIFT, new(DRIFT, "late", X), X, 100.0)
    assert (fired.state, fired.value, fired.n, fired.reference) == ("firing", 0.4, 2_000, 0.0)
    blind = moved(DRIFT, fired, None, 160.0)
    assert (blind.state, blind.value, blind.course.is_blind, blind.at) == ("firing", 0.4, True, 160.0)


def test_an_alert_whose_signal_is_gone_is_looked_at_too() -> None:
    """As that of a version that gets no requests; those of other routes and rules are not touched."""
    gone = Alert("drift", "late", "v9", "x", "drift", ">", 0.25, "ticket", Course("firing"))
    other = Alert("drift", "early", "v9", "x", "drift", ">", 0.25, "ticket", Course("firing"))
    signals = {(it.name, it.version, it.field): it for it in SIGNALS}
    found = list(looked_at(DRIFT, "late", signals, {gone.key: gone, other.key: other}))
    assert [(alert.version, alert.field, signal is None) for alert, signal in found] == [
        ("v1", "x", False),
        ("v2", "x", False),
        ("v1", "y", False),
        ("v9", "x", True),
    ]


def test_an_alert_survives_being_written_down() -> None:
    """Its course included."""
    fired = moved(DRIFT, new(DRIFT, "late", X), X, 100.0)
    assert from_document(json.loads(json.dumps(to_document(fired)))) == fired


def test_what_was_resolved_is_shown_for_a_week() -> None:
    """What never came to anything is not kept."""
    resolved = Alert("d", "r", "v", "", "drift", ">", 1, "info", Course("resolved", resolved=100.0))
    assert is_worth_keeping(resolved, 99.0 + REMEMBERED)
    assert not is_worth_keeping(resolved, 100.0 + REMEMBERED)
    assert not is_worth_keeping(new(DRIFT, "late", X), 0.0)


def test_few_answers_are_enough_for_a_rate() -> None:
    """That there are none is what it says."""
    rule = AlertRule("stopped", "rate", "<", 0.1)
    assert reading_of(rule, Signal("rate", "", "", 0.0, 0)) == "holds"
    assert reading_of(rule, Signal("rate", "", "", 5.0, 3)) == "not"
