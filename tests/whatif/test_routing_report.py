"""The document of a what-if about routing."""

from __future__ import annotations

import json
from dataclasses import replace

from gateway.whatif.recorded import Found
from gateway.whatif.resplit import Resplit
from gateway.whatif.routing_report import routing_report
from tests.whatif.test_resplit import STICKY, drawn, plan_of

FOUND = Found(1000, 0, 0, 1.0, 2.0, {"late": 1000, "gone": 3}, frozenset(), 0)


def test_shares_moves_and_users_add_up() -> None:
    """And the document is JSON."""
    before = plan_of({"blue": 90, "canary": 10}, sticky=STICKY)
    other = plan_of({"blue": 50, "canary": 50}, sticky=STICKY)
    found = routing_report(
        FOUND, Resplit(other, {1: before}).all(drawn(before, 1000, users=300)), other, ["x"]
    )
    [route] = found["routes"]
    assert json.loads(json.dumps(found)) == found
    assert sum(version["requests"] for version in route["versions"]) == route["requests"] == 1000
    assert abs(sum(version["would_be"] for version in route["versions"]) - 100) < 1e-9
    assert [version["asked"] for version in route["versions"]] == [50.0, 50.0]
    assert sum(move["requests"] for move in route["moves"]) == found["would_move"] > 0
    assert 0 < sum(move["users"] for move in route["moves"]) <= route["users_moved"] + len(route["moves"])
    assert (found["vanished"], found["unknown"]) == ([{"name": "gone", "requests": 3}], ["x"])


def test_what_has_no_route_and_which_routes_have_no_request_is_told() -> None:
    """The ten most frequent paths."""
    before = plan_of({"blue": 1})
    other = plan_of({"blue": 1}, path="/other")
    requests = [r._replace(path=f"/p{min(n, 12)}") for n, r in enumerate(drawn(before, 20))]
    found = routing_report(FOUND, Resplit(other, {1: before}).all(requests), other, [])
    assert found["unrouted"]["requests"] == 20
    assert found["unrouted"]["paths"][0] == {"path": "/p12", "requests": 8}
    assert len(found["unrouted"]["paths"]) == 10
    assert (found["routes"], found["without_requests"]) == ([], ["late"])


def test_a_version_that_is_no_more_is_listed_without_a_share_asked() -> None:
    """Its requests go elsewhere."""
    before = plan_of({"blue": 1, "canary": 1})
    other = replace(before, routes=(replace(before.routes[0], weights=(("blue", 100_000),)),))
    found = routing_report(FOUND, Resplit(other, {1: before}).all(drawn(before, 100)), other, [])
    gone = found["routes"][0]["versions"][1]
    assert (gone["version"], gone["asked"], gone["would_be"], gone["requests"]) == ("canary", None, 0.0, 0)
    assert gone["was"] > 0
