"""A plan over the admin API: from what is known or what is said, and refusals that say what to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.control.planner import api as plan_api
from gateway.control.planner import assumptions
from gateway.control.planner.api import planned, question_of
from gateway.control.planner.assumptions import Question
from gateway.control.problems import Refusal
from gateway.control.rollouts.steering import steps_of
from gateway.errors import ChangeRefused
from gateway.rollout.outlook import Traffic

if TYPE_CHECKING:
    from tests.control.conftest import Control, Site

PATH = "/api/v1/routes/late/plan"


def test_a_plan_is_told_and_nothing_changes(control: Control) -> None:
    """Step by step, in percent; the same question has the same answer."""
    query = f"{PATH}?canary=canary&rate=50&error_rate=1&steps=50,100"
    found = control.ask("GET", query)
    assert found.status == 200
    assert [step["weight"] for step in found.json["steps"]] == [50.0]
    assert (found.json["rate"], found.json["error_rate"], found.json["stable"]) == (50.0, 0.01, "blue")
    assert control.ask("GET", query).json == found.json
    assert control.site.live() == 1


REFUSED = (
    ("", 400, "canary is missing"),
    ("canary=canary&rat=3", 400, "did you mean 'rate'?"),
    ("canary=canary", 422, "nothing is known of its traffic"),
    ("canary=cannary&rate=5", 422, "did you mean canary?"),
    ("canary=blue&rate=5", 422, "blue is stable on route late already"),
    ("canary=canary&rate=5&steps=5,1", 422, "steps must grow"),
)


def test_what_cannot_be_planned_is_refused(control: Control) -> None:
    """400 for what cannot be understood, 422 for what cannot be; 404 for an unknown route."""
    for query, status, words in REFUSED:
        found = control.ask("GET", f"{PATH}?{query}")
        assert (found.status, words in found.json["detail"]) == (status, True), (query, found.json)
    assert control.ask("GET", "/api/v1/routes/lat/plan?canary=canary").status == 404


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rate", "0"),
        ("rate", "nan"),
        ("rate", "inf"),
        ("rate", "many"),
        ("error_rate", "51"),
        ("error_rate", ""),
        ("steps", "one"),
        ("steps", ",".join(map(str, range(1, 30)))),
    ],
)
def test_numbers_are_checked(name: str, text: str) -> None:
    """What is no number, too small, too large, or too many."""
    with pytest.raises(Refusal) as raised:
        question_of({"canary": "canary", name: text})
    assert raised.value.status == 400


def test_a_question_is_read() -> None:
    """Percent becomes a fraction; what is left out is what is known of the route."""
    assert question_of({"canary": "c"}) == Question("c")
    asked = question_of({"canary": "c", "rate": "5", "error_rate": "2", "steps": "5,100"})
    assert asked == Question("c", 5.0, 0.02, steps_of([5, 100]))


def test_what_is_assumed_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is known of the traffic, only what the question says can be planned for."""
    monkeypatch.setattr(plan_api, "WALKED", 1)
    monkeypatch.setattr(assumptions, "FEWEST", 5)
    with pytest.raises(ChangeRefused, match="say what to plan for"):
        planned(site.places, "late", Question("canary"))
    assumed = planned(site.places, "late", Question("canary", 50.0))
    assert (assumed["error_rate"], "assumed" in assumed["source"]) == (0.01, True)
    assert planned(site.places, "late", Question("canary", 50.0, 0.02))["source"] == "as given"


def test_the_traffic_of_just_now_is_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rate and its errors, each unless the question says another; the source tells which."""
    monkeypatch.setattr(plan_api, "WALKED", 1)
    monkeypatch.setattr(assumptions, "FEWEST", 5)
    seen = Traffic(80.0, 0.03, source="3 of 100 answers of blue failed")
    monkeypatch.setattr(assumptions, "recent_traffic", lambda *_: seen)
    found = planned(site.places, "late", Question("canary"))
    assert (found["rate"], found["error_rate"], found["source"]) == (80.0, 0.03, seen.source)
    other = planned(site.places, "late", Question("canary", 40.0, 0.02))
    assert (other["rate"], other["error_rate"], other["source"]) == (40.0, 0.02, "errors as given")
