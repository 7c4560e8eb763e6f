"""`gateway explain`: the route, the version and the rule, as a worker would decide."""

from __future__ import annotations

import pytest

from gateway.cli.explain import explained, in_words
from gateway.errors import ChangeRefused, GatewayError
from gateway.routing.parse import parse
from gateway.routing.plan import RoutingPlan
from tests.cli.site import ROUTING

LATE = "/v2/models/late/infer"


@pytest.fixture(scope="module")
def plan() -> RoutingPlan:
    """The plan of the tests' routing.yaml."""
    return parse(ROUTING, model_exists=lambda _: None)


def test_an_override_decides_first(plan: RoutingPlan) -> None:
    """Header names in any case, values exactly."""
    found = explained(plan, LATE, ["X-Canary=always", "x-user-id=42"], "::1")
    assert (found["service"], found["reason"], found["rule"]) == ("canary", "override", "x-canary: always")
    assert in_words(found).startswith(
        "canary answers, because the override `x-canary: always` says so: route late"
    )
    assert "Should it be down, blue answers." in in_words(found)


def test_then_the_sticky_key(plan: RoutingPlan) -> None:
    """White space around a value is the wire's, not the value's; any other character is part of it."""
    one = explained(plan, LATE, ["x-user-id= 42\t"], "::1")
    assert one == explained(plan, LATE, ["x-user-id=42"], "10.0.0.1")
    assert (one["reason"], one["rule"]) == ("sticky", "header x-user-id = 42")
    assert "falls to it (blue 90 %, canary 10 %)" in in_words(one)
    assert explained(plan, LATE, ["x-user-id=\xa042"], "::1")["rule"] == "header x-user-id = \xa042"


def test_then_the_weights(plan: RoutingPlan) -> None:
    """Where one has all it is certain; else the shares are said."""
    assert explained(plan, "/sure", [], "::1")["service"] == "green"
    drawn = explained(plan, "/v2/health?x=1", [], "::1")
    assert (drawn["route"], drawn["service"], drawn["reason"]) == ("protocol", None, "draw")
    assert drawn["shares"] == {"blue": 50.0, "green": 50.0}
    assert "drawn anew for each request: blue 50 %, green 50 %" in in_words(drawn)


@pytest.mark.parametrize(
    ("path", "header", "said"),
    [
        (
            "/nowhere",
            "a=b",
            "no route matches /nowhere, so it gets 404; the routes begin at /v2/models/late, /v2",
        ),
        ("nowhere", "a=b", "would be refused with 400"),
        ("/a b", "a=b", "would be refused with 400"),
        (LATE, "x-user-id", "write a header as NAME=VALUE"),
        (LATE, "x-user-id=★", "Latin-1 text only"),
        (LATE, "x-us★r=1", "Latin-1 text only"),
    ],
)
def test_what_cannot_be_explained_is_said(plan: RoutingPlan, path: str, header: str, said: str) -> None:
    """A path without a route, one that would be refused, a header that cannot be."""
    with pytest.raises((GatewayError, ChangeRefused), match=said.replace("/", "/")):
        explained(plan, path, [header], "::1")


def test_what_the_workers_see_now_is_said(plan: RoutingPlan) -> None:
    """A version that is out would answer, and somebody else does."""
    found = explained(plan, LATE, ["X-Canary=always"], "::1")
    well = {"workers": 2, "out": 0, "instead": "blue", "warning": ""}
    assert "It can be reached now. Should it be down, blue answers." in in_words({**found, "health": well})
    out = in_words({**found, "health": {**well, "out": 2, "warning": "service canary: x"}})
    assert out.startswith("canary would answer, because")
    assert out.endswith("It is out now, so blue answers.\nservice canary: x")
    assert in_words({**found, "health": {**well, "out": 2, "instead": ""}}).endswith("so the answer is 503.")
    half = in_words({**found, "health": {**well, "out": 1}})
    assert half.endswith("It is out for 1 of 2 workers now, where blue answers.")
    drawn = explained(plan, "/v2/health", [], "::1")
    assert in_words({**drawn, "health": {**well, "warning": "route protocol: y"}}).endswith(
        "\nroute protocol: y"
    )
    assert "Should it be down, blue answers." in in_words({**found, "health": None})
