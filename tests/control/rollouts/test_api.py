"""Rollouts over the admin API, with the process behind it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from gateway.control.problems import MEDIA_TYPE
from tests.waiting import until

if TYPE_CHECKING:
    from tests.control.conftest import Answer, Control

WEIGHTS = "{blue: 100, green: 0, canary: 0}"
"""A canary that has nothing yet."""

PATH = "/api/v1/routes/late/rollout"
EVENTS = ("pause", "resume", "promote", "abort")


def begin(control: Control, **more: Any) -> Answer:
    """Begin a rollout; ten seconds without a worker would pause it."""
    control.site.tally().beat(time.monotonic() + 3600, 1, 0)
    return control.ask("POST", PATH, {"canary": "canary", **more})


def test_a_rollout_is_begun(control: Control) -> None:
    """Live when the answer comes, which says where it stands; written then, or a moment later."""
    found = begin(control, steps=[1, 5.5], reason="retrained")
    assert found.status == 200
    assert found.headers["etag"] == '"2"'
    assert (found.json["route"], found.json["revision"], found.json["stable"]) == ("late", 2, "blue")
    assert found.json["weights"] == {"blue": 99.0, "green": 0.0, "canary": 1.0}
    progress = found.json["progress"]
    assert (progress["id"], progress["state"], progress["step"]) == (2, "progressing", 1)
    assert [step["weight"] for step in progress["steps"]] == [1.0, 5.5, 100.0]
    assert found.json["next"].startswith("it gets 5.5 % once")
    head = control.site.head()
    assert (head.author, head.action, head.reason) == ("api:127.0.0.1", "rollout", "retrained")
    until(lambda: control.site.head().file == "written", "for routing.yaml to be written")
    assert "canary: 1}" in control.site.config.read_text()


def test_it_is_read_as_it_stands(control: Control) -> None:
    """Before, while and after: what routing.yaml says is always there."""
    found = control.ask("GET", PATH)
    assert (found.status, found.json["progress"], found.json["verdict"]) == (200, None, None)
    assert [step["weight"] for step in found.json["spec"]["steps"]] == [5.0, 25.0, 50.0, 100.0]
    begin(control)
    found = control.ask("GET", PATH)
    assert (found.json["progress"]["state"], found.headers["etag"]) == ("progressing", '"2"')
    control.ask("POST", f"{PATH}/abort")
    assert control.ask("GET", PATH).json["progress"]["why"] == "api:127.0.0.1 aborted it"


def test_each_event_has_a_path(control: Control) -> None:
    """With a reason or without a body."""
    begin(control)
    told = []
    for event in EVENTS:
        answer = control.ask("POST", f"{PATH}/{event}", {"reason": "so it is"} if event != "abort" else None)
        assert answer.status == 200
        progress = answer.json["progress"]
        told.append((control.site.head().action, progress["state"], progress["step"]))
    assert told == [
        ("pause", "paused", 1),
        ("resume", "progressing", 1),
        ("promote", "progressing", 2),
        ("abort", "degraded", 2),
    ]
    assert control.site.weights() == {"blue": 100.0, "green": 0.0, "canary": 0.0}


def test_a_full_promotion_makes_it_stable(control: Control) -> None:
    """And says until when there is a way back."""
    begin(control)
    found = control.ask("POST", f"{PATH}/promote", {"full": True, "reason": "urgent"})
    assert (found.json["stable"], found.json["weights"]["canary"]) == ("canary", 100.0)
    assert (found.json["progress"]["previous"], found.json["progress"]["state"]) == ("blue", "healthy")
    assert found.json["progress"]["warm_until"].endswith("Z")


def test_what_the_state_forbids_is_a_conflict(control: Control) -> None:
    """409 with what is possible; nothing is changed."""
    for event in EVENTS:
        found = control.ask("POST", f"{PATH}/{event}")
        assert (found.status, found.headers["content-type"]) == (409, MEDIA_TYPE)
        assert "no rollout is under way on route late" in found.json["detail"]
        assert "nothing was changed" in found.json["detail"]
    begin(control)
    assert begin(control).status == 409
    assert control.ask("POST", f"{PATH}/resume").status == 409
    control.ask("POST", f"{PATH}/pause")
    assert control.ask("POST", f"{PATH}/pause").status == 409
    assert control.site.live() == 3


@pytest.mark.parametrize("event", ["", *(f"/{event}" for event in EVENTS)])
def test_a_stale_move_is_refused(control: Control, event: str) -> None:
    """If-Match with an old revision: 412, before anything else is looked at."""
    begin(control)
    body = {"canary": "canary"} if not event else None
    found = control.ask("POST", PATH + event, body, {"if-match": '"1"'})
    assert found.status == 412
    assert "it is 2 now" in found.json["detail"]
    assert control.site.live() == 2


def test_with_the_latest_revision_it_is_moved(control: Control) -> None:
    """The tag of one answer is the condition of the next."""
    tag = begin(control).headers["etag"]
    assert control.ask("POST", f"{PATH}/pause", {}, {"if-match": tag}).status == 200


@pytest.mark.parametrize("event", ["", *(f"/{event}" for event in EVENTS)])
def test_an_unknown_route_is_not_found(control: Control, event: str) -> None:
    """The nearest name is said."""
    body = {"canary": "canary"} if not event else None
    found = control.ask("POST", f"/api/v1/routes/lat/rollout{event}", body)
    assert found.status == 404
    assert "did you mean 'late'?" in found.json["detail"]
    assert control.ask("GET", "/api/v1/routes/lat/rollout").status == 404


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (None, 400, "a body is missing"),
        ({}, 400, "canary is missing"),
        ({"canary": ""}, 400, "canary: "),
        ({"canary": "canary", "step": [1]}, 400, "did you mean 'steps'?"),
        ({"canary": "canary", "steps": "1,5"}, 400, "steps: "),
        ({"canary": "canary", "steps": ["1"]}, 400, "steps.0: "),
        ({"canary": "canary", "force": 1}, 400, "force: "),
        ({"canary": "canary", "reason": "a\nb"}, 400, "one line"),
        ({"canary": "canary", "steps": []}, 422, "a rollout needs a step"),
        ({"canary": "canary", "steps": [5, 1]}, 422, "1 does not after 5"),
        ({"canary": "canary", "steps": [100]}, 422, "below 100 %"),
        ({"canary": "cannary"}, 422, "did you mean canary?"),
        ({"canary": "blue"}, 422, "blue is stable on route late already"),
    ],
)
def test_a_rollout_that_makes_no_sense_is_refused(
    control: Control, body: object, status: int, words: str
) -> None:
    """400 for what cannot be understood, 422 for what cannot be; nothing is changed."""
    found = control.ask("POST", PATH, body)
    assert found.status == status
    assert words in found.json["detail"]
    assert control.site.live() == 1


def test_an_event_takes_what_it_needs_and_no_more(control: Control) -> None:
    """`full` is for promotions alone, and is true or false."""
    begin(control)
    assert control.ask("POST", f"{PATH}/abort", {"full": True}).status == 400
    assert control.ask("POST", f"{PATH}/promote", {"full": 1}).status == 400
    assert control.ask("PUT", PATH).headers["allow"] == "GET, HEAD, POST"
    assert control.ask("GET", f"{PATH}/pause").status == 405
