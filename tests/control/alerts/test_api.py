"""Alerts, silences and watched values over the admin API, with the process behind it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gateway.routing.watches import AlertRule
from gateway.watching import evaluate, store
from gateway.watching.alert_states import Course
from gateway.watching.alerts import Alert, new
from gateway.watching.signals import Signal
from gateway.watching.store import Place
from gateway.watching.summary import Answers

if TYPE_CHECKING:
    from tests.control.conftest import Control

ERRORS = AlertRule("errors", "errors", ">", 0.05, severity="page")
MINUTE = 60_000_000
SILENCE = {"rule": "errors", "route": "late", "seconds": 600, "reason": "a known fault"}


def fire(control: Control) -> Alert:
    """Have an alarm in the database, with the minute that raised it."""
    now = int(time.time()) // 60 * MINUTE
    made = new(ERRORS, "late", Signal("errors", "blue", "", 0.5, 100))
    alert = replace(made, course=Course("firing", "holds", 5.0, 5.0, 5.0), value=0.5, n=100)
    with store.opened(control.site.places.watch) as connection:
        store.add(
            connection,
            {
                Place("answers", "late", "blue", "", now - MINUTE, MINUTE): Answers(
                    100, {"server_error": 50, "ok": 50}
                )
            },
        )
        store.set_marks(connection, {"read": now + 1, "looked:late": now})
        evaluate.keep(connection, {alert.key: alert}, 5.0)
    return alert


def post(control: Control, document: Any) -> Any:
    """Ask for a silence."""
    return control.ask("POST", "/api/v1/silences", document)


def test_before_anything_was_watched_there_is_nothing(control: Control) -> None:
    """And that is no error."""
    assert control.ask("GET", "/api/v1/alerts").json == {"alerts": [], "silences": []}
    assert control.ask("GET", "/api/v1/monitors/late").json["values"] == []


def test_an_alarm_is_told_until_somebody_silences_it(control: Control) -> None:
    """It is still shown, with who asked for quiet and why; and may be told again."""
    fire(control)
    [alert] = control.ask("GET", "/api/v1/alerts").json["alerts"]
    assert (alert["rule"], alert["state"], alert["value"], alert["silenced"]) == (
        "errors",
        "firing",
        0.5,
        False,
    )
    made = post(control, SILENCE)
    assert made.status == 200
    found = control.ask("GET", "/api/v1/alerts").json
    assert found["silences"] == [made.json]
    assert made.json["author"].startswith("api:")
    assert found["alerts"][0]["silenced"]
    ended = control.ask("DELETE", f"/api/v1/silences/{made.json['id']}")
    assert ended.status == 200
    assert control.ask("GET", "/api/v1/alerts").json["silences"] == []


def test_values_are_those_of_the_last_look(control: Control) -> None:
    """With the alarm they raised; one version alone where that is asked for."""
    fire(control)
    values = control.ask("GET", "/api/v1/monitors/late").json["values"]
    errors = next(it for it in values if (it["signal"], it["version"]) == ("errors", "blue"))
    assert (errors["value"], errors["state"]) == (0.5, "firing")
    other = control.ask("GET", "/api/v1/monitors/late?version=green").json["values"]
    assert {it["version"] for it in other} == {""}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("GET", "/api/v1/alerts?all=perhaps", None, 400, "all must be true or false"),
        ("GET", "/api/v1/alerts?every=1", None, 400, "unknown query parameter"),
        ("GET", "/api/v1/monitors/nowhere", None, 404, "nowhere"),
        ("POST", "/api/v1/silences", {**SILENCE, "rule": "error"}, 422, "did you mean errors?"),
        ("POST", "/api/v1/silences", {**SILENCE, "reason": ""}, 422, "needs a reason"),
        ("POST", "/api/v1/silences", {"rule": "errors"}, 400, "reason is missing"),
        ("POST", "/api/v1/silences", {**SILENCE, "seconds": -1}, 400, "seconds"),
        ("DELETE", "/api/v1/silences/7", None, 404, "no silence 7 is in force"),
        ("DELETE", "/api/v1/silences/first", None, 404, "a silence has a number"),
    ],
)
def test_what_makes_no_sense_is_refused(
    control: Control, method: str, path: str, body: Any, status: int, told: str
) -> None:
    """With what to do about it."""
    answer = control.ask(method, path, body)
    assert answer.status == status
    assert told in json.loads(answer.content)["detail"]
