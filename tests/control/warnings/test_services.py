"""What is said of services: who is out, why, and what that leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.status.views import ReplicaHealth, ServiceHealth, Sight, Views, merged
from gateway.control.warnings.services import (
    of_replica,
    of_service,
    panic_percent,
    service_warnings,
    verdict,
)
from gateway.monitoring.health_report import STATES, Report, ServiceView
from gateway.routing.plan import RoutingPlan, Service
from gateway.routing.settings import Traffic


def replica(address: str = "127.0.0.1:9003", /, **states: int) -> ReplicaHealth:
    """A replica and how many workers see it in which state."""
    return ReplicaHealth(address, {state: states.get(state, 0) for state in STATES})


def seen_as(*workers: dict[str, str], breaker: str = "", waiting: int = 0, **reasons: str) -> ServiceHealth:
    """A service as some workers see it: the state of each replica, by its name."""
    views = [ServiceView(states, breaker, waiting, reasons) for states in workers]
    return merged({n: Report(1, {"canary": view}, 0, ()) for n, view in enumerate(views)}).services[0]


def test_an_ejected_replica_is_named_with_who_ejected_it_and_why() -> None:
    """The other replica serves, so the service is not out."""
    states = {"a": "ejected", "b": "up"}
    assert of_service(seen_as(states, states), 50) == (
        "service canary: replica a is ejected by 2 of 2 workers (after failed answers)"
    )
    assert of_service(seen_as(states, states, a="5 failures in a row"), 50) == (
        "service canary: replica a is ejected by 2 of 2 workers (5 failures in a row)"
    )


@pytest.mark.parametrize(
    ("state", "part"),
    [
        ("down", "is down for 1 of 2 workers (no connection to it can be made)"),
        ("unwell", "is unwell for 1 of 2 workers (it fails its health check)"),
        ("warming", "is warming up for 1 of 2 workers (it came back and gets a growing share)"),
    ],
)
def test_each_state_says_what_it_means(state: str, part: str) -> None:
    """In words, since nobody knows the states by heart at 3 a.m."""
    assert of_replica(replica(**{state: 1, "up": 1})) == f"replica 127.0.0.1:9003 {part}"


def test_the_worst_state_comes_first() -> None:
    """Where workers disagree, all views are told."""
    assert of_replica(replica(warming=1, down=2)).startswith(
        "replica 127.0.0.1:9003 is down for 2 of 3 workers (no connection to it can be made) and is warming"
    )
    assert of_replica(replica(up=3)) == ""


def test_a_service_without_any_replica_to_use_says_so_first() -> None:
    """That is the line to act on; one worker that has one is enough for another line."""
    line = of_service(seen_as({"a": "down", "b": "down"}, {"a": "down", "b": "down"}, a="refused"), 50)
    assert line.startswith(
        "service canary has no replica to use: replica a is down for 2 of 2 workers (refused); replica b"
    )
    assert of_service(seen_as({"a": "down"}, {"a": "warming"}), 50).startswith("service canary: replica a is")


def test_while_too_few_are_well_all_that_can_be_reached_are_used() -> None:
    """The service is not out then, unless its plan forbids it."""
    poor = {"a": "unwell", "b": "ejected"}
    assert of_service(seen_as(poor, poor), 50).startswith(
        "service canary: fewer than 50 % are well: all are used (panic); replica a is unwell"
    )
    assert of_service(seen_as(poor, {"a": "up", "b": "up"}), 50).startswith(
        "service canary: fewer than 50 % are well in 1 of 2 workers: all are used (panic); "
    )
    assert of_service(seen_as(poor, poor), 0).startswith("service canary has no replica to use: ")
    assert "panic" not in of_service(seen_as({"a": "up", "b": "unwell"}), 50)
    assert "panic" not in of_service(seen_as({"a": "down", "b": "down"}), 50)


def test_a_verdict_counts_the_workers_that_send_nothing() -> None:
    """For want of a replica or because a breaker is open; one that tries again sends something."""
    found = verdict(seen_as({"a": "down"}, {"a": "up"}), 50)
    assert (found.workers, found.without, found.out, found.is_out) == (2, 1, 1, False)
    open_everywhere = verdict(seen_as({"a": "up"}, {"a": "up"}, breaker="open"), 50)
    assert (open_everywhere.resting, open_everywhere.is_out, open_everywhere.why) == (2, True, "is at rest")
    assert not verdict(seen_as({"a": "up"}, breaker="half_open"), 50).out
    assert verdict(seen_as({"a": "down"}), 50).why == "has no replica"


@given(
    states=st.lists(st.lists(st.sampled_from(STATES), min_size=1, max_size=5), min_size=1, max_size=4),
    percent=st.floats(0, 100),
)
def test_a_worker_in_panic_has_something_to_use(states: list[list[str]], percent: float) -> None:
    """Whatever the states: panic and being without a replica exclude each other."""
    workers = [{str(n): state for n, state in enumerate(of_worker)} for of_worker in states]
    found = verdict(seen_as(*workers), percent)
    assert found.panic + found.without <= found.workers
    assert found.is_out == all(
        not any(state in ("up", "warming") for state in of_worker)
        and (percent == 0 or all(state == "down" for state in of_worker))
        for of_worker in states
    )


def test_many_replicas_make_one_line() -> None:
    """Three are named, the others counted."""
    line = of_service(seen_as({f"10.0.0.{n}:80": "down" for n in range(9)}), 50)
    assert line.endswith("and 6 more replicas")
    assert line.count("no connection to it can be made") == 3


def test_open_breakers_and_queues_are_told() -> None:
    """With the number of workers and of requests."""
    service = ServiceHealth("canary", (replica(up=2),), {"open": 1, "closed": 1}, 14, (Sight(1, 1, 1),) * 2)
    assert of_service(service, 50) == (
        "service canary: breaker open in 1 of 2 workers "
        "(too many of its answers failed; it is tried again shortly); "
        "14 requests wait in its queue (its concurrency is used up)"
    )


def test_a_service_without_replicas_is_no_trouble() -> None:
    """A worker that has not yet looked at a service says nothing about it."""
    assert of_service(ServiceHealth("canary", (), {}, 0), 50) == ""
    assert not verdict(ServiceHealth("canary", (), {}, 0), 50).is_out


def test_the_plan_says_when_panic_begins() -> None:
    """A service that it no longer has is judged by the default."""
    plan = RoutingPlan((Service("canary", traffic=Traffic(panic=20)),), ())
    assert (panic_percent(plan, "canary"), panic_percent(plan, "gone")) == (20, 50)
    views = Views(services=(seen_as({"a": "up"}), seen_as({"a": "unwell"})))
    assert len(list(service_warnings(plan, views))) == 1
