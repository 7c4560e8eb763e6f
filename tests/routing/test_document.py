"""The plan as a document: what the journal keeps and the slot carries comes back as it was."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import is_dataclass
from functools import cache
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from gateway.routing import document
from gateway.routing.document import (
    UnknownPlan,
    from_document,
    from_json,
    limits_from,
    tls_from,
    to_document,
    to_json,
)
from gateway.routing.plan import Route, RoutingPlan, Service
from gateway.routing.settings import Failing, Limits, Tls, Traffic
from tests.waiting import BOUND

PLAIN = {
    bool: st.booleans(),
    int: st.integers(0, 10**12),
    float: st.floats(0, 1e6),
    str: st.text(max_size=5),
    NoneType: st.none(),
}


@cache
def values(kind: Any) -> st.SearchStrategy[Any]:
    """Return the values of a type as its annotations tell it, so that no field can be forgotten here."""
    if kind in PLAIN:
        return PLAIN[kind]
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{name: values(hint) for name, hint in hints.items()})  # type: ignore[arg-type]
    parts = get_args(kind)
    if get_origin(kind) is Literal:
        return st.sampled_from(parts)
    if get_origin(kind) is not tuple:
        return st.one_of(*map(values, parts))
    if parts[-1] is Ellipsis:
        return st.lists(values(parts[0]), max_size=2).map(tuple)
    return st.tuples(*map(values, parts))


@given(values(RoutingPlan))
def test_any_plan_comes_back(plan: RoutingPlan) -> None:
    """Whatever a plan says, its document says it too, as values and as JSON text."""
    assert from_document(to_document(plan)) == plan
    document = json.loads(to_json(plan))
    assert from_document(document) == plan
    assert from_json(to_json(plan).encode()) == plan
    assert isinstance(hash(plan), int)  # nobody can change the plan that others are given too
    assert (limits_from(document), tls_from(document)) == (plan.limits, plan.tls)


def test_the_values_tried_are_not_empty_ones() -> None:
    """A type that nothing is known for would make every plan one without routes, and the test above idle."""
    # Any will do: to look for the smallest takes up to five minutes.
    once = settings(phases=[Phase.generate], database=None, max_examples=1000)
    tried = find(
        values(RoutingPlan), lambda plan: bool(plan.routes and plan.sinks and plan.notify), settings=once
    )
    assert tried.routes
    assert find(
        values(Route), lambda route: route.progress is not None and bool(route.rollout.steps), settings=once
    )
    assert find(
        values(Route), lambda route: route.log is not None and bool(route.log.filter.coarsen), settings=once
    )


OLD: dict[str, Any] = {
    "services": [{"name": "blue", "model": "m/v1", "replicas": 2, "urls": []}],
    "routes": [
        {
            "name": "late",
            "path": "/",
            "stable": "blue",
            "weights": [["blue", 100_000]],
            "sticky": None,
            "overrides": [],
            "timeouts": {"connect": 0.5, "header": 60.0, "total": 900.0},
            "since": 3,
        }
    ],
    "listen": "127.0.0.1:8080",
    "admin": "127.0.0.1:9090",
    "revision": 7,
}


def test_a_document_from_before_the_settings_is_read() -> None:
    """A journal written by an earlier version gives its plan with the defaults of this one."""
    plan = from_document(OLD)
    [service], [route] = plan.services, plan.routes
    assert (plan.revision, plan.limits, plan.tls) == (7, Limits(), None)
    assert (service, service.traffic) == (Service("blue", model="m/v1", replicas=2), Traffic())
    assert (route.failing, route.rate_limit, route.keyed) == (Failing(), None, ())
    assert (route.timeouts.connect, route.timeouts.per_try) == (0.5, 0.0)


@pytest.mark.parametrize("key", ["traffic", "failing", "rate_limit"])
def test_what_is_as_usual_is_not_written(key: str) -> None:
    """There may be 10,000 routes, so what nobody set takes no room."""
    plan = RoutingPlan((Service("blue", model="m"),), (Route("late", "/", "blue", (("blue", 100_000),)),))
    assert f'"{key}"' not in to_json(plan)


def test_a_listener_without_certificates_is_still_a_listener() -> None:
    """Empty is not the same as nothing."""
    plan = RoutingPlan((), (), tls=Tls("127.0.0.1:8443", ()))
    assert from_document(json.loads(to_json(plan))).tls == plan.tls


@pytest.mark.parametrize(
    "spoil", [{"routes": 7}, {"services": [{}]}, {"limits": {"unheard_of": 1}}, {"revision": None}]
)
def test_a_plan_of_another_version_is_refused_in_words(spoil: dict[str, Any]) -> None:
    """Whoever follows the slot keeps what it has, and says so."""
    document = {**to_document(RoutingPlan((), ())), **spoil}
    if spoil == {"revision": None}:
        del document["revision"]
    with pytest.raises(UnknownPlan, match="written by another version of the gateway"):
        from_document(document)


def test_a_plan_is_read_once_however_many_ask_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """All get the same one; another text is read anew, and one that cannot be read is never kept."""
    read = []
    begun, go_on = threading.Event(), threading.Event()

    def counted(found: Mapping[str, Any]) -> RoutingPlan:
        read.append(found["revision"])
        begun.set()
        assert go_on.wait(BOUND)
        return from_document(found)

    monkeypatch.setattr(document, "from_document", counted)
    text = to_json(RoutingPlan((), (), revision=987_654)).encode()
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(from_json, bytes(bytearray(text))) for _ in range(4)]
        assert begun.wait(BOUND)
        go_on.set()
        plans = [each.result(BOUND) for each in asked]
    assert read == [987_654]
    assert all(plan is plans[0] for plan in plans)
    assert from_json(text.replace(b"987654", b"987655")).revision == 987_655
    for _ in range(2):
        with pytest.raises(UnknownPlan):
            from_json(b'{"revision": 987656}')
    assert read[1:] == [987_655, 987_656, 987_656]
