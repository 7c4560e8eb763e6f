"""The shapes of alerts are those of what the watcher tells."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

from gateway.control.alerts.models import AlertState, SilenceState, State, WatchedValue
from gateway.routing.watches import GROUPS, AlertRule, Severity
from gateway.watching import alert_states
from gateway.watching.alerts import Alert
from gateway.watching.notices import Silence, shown


def test_what_is_told_has_these_keys() -> None:
    """A value that the watcher adds must be described."""
    alert = Alert("errors", "late", "v1", "", "errors", ">", 0.05, "page")
    assert set(AlertState.model_fields) == {*shown(alert), "silenced"}
    assert list(SilenceState.model_fields) == [field.name for field in fields(Silence)]


def test_the_words_are_the_same() -> None:
    """States, severities and groups."""
    assert get_args(State) == alert_states.STATES
    assert get_args(AlertState.model_fields["severity"].annotation) == get_args(Severity)
    assert get_args(WatchedValue.model_fields["group"].annotation) == GROUPS
    assert AlertRule("a", "errors", ">", 1).severity in get_args(Severity)
