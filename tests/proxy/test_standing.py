"""What a worker thinks of a replica: down, unwell, ejected, warming, up; what it says when that changes."""

from __future__ import annotations

import logging

import pytest

from gateway.proxy.standing import COLD
from gateway.routing.settings import HealthCheck, Outliers, Traffic
from tests.proxy.fleet import backend, fail, service

NOW = 1_000_000.0
TRAFFIC = Traffic(slow_start=10, outliers=Outliers(failures=5, ejection=10, longest=300, most=50))


async def test_a_new_replica_is_taken_to_be_well() -> None:
    """Until something speaks against it, and at full share."""
    one = backend(service(1, TRAFFIC)).endpoints[0]
    assert (one.state, one.usable, one.weight) == ("up", True, 1.0)


async def test_the_worst_that_is_known_of_a_replica_is_its_state() -> None:
    """Down before unwell before ejected before warming."""
    one, *_ = backend(service(4, TRAFFIC)).endpoints
    one.warm_up(NOW)
    assert (one.state, one.usable) == ("warming", True)
    fail(one, 5, NOW)
    assert (one.state, one.usable, one.ejected_until) == ("ejected", False, NOW + 10)
    one.set_well(False, "a test")
    assert (one.state, one.usable) == ("unwell", False)
    one.failed(OSError(111, "Connection refused"))
    assert (one.state, one.usable) == ("down", False)


async def test_failures_in_a_row_eject(caplog: pytest.LogCaptureFixture) -> None:
    """The fifth does, it is said why, and the replica comes back by itself."""
    blue = backend(service(2, TRAFFIC))
    one = blue.endpoints[0]
    with caplog.at_level(logging.INFO, "gateway.worker"):
        fail(one, 4, NOW)
        one.report(True, NOW)
        fail(one, 4, NOW)
        assert one.usable
        one.report(False, NOW)
        assert one.state == "ejected"
        one.tick(NOW + 9.9)
        assert one.state == "ejected"
        one.tick(NOW + 10)
    assert one.state == "warming"
    name = "service blue: replica 10.0.0.0:80"
    assert caplog.messages == [
        f"{name} is ejected for 10 s: 5 failures in a row",
        f"{name} is no longer ejected",
    ]


async def test_ejections_grow_and_shrink_again() -> None:
    """Twice as long each time; calm is forgiven."""
    one = backend(service(2, TRAFFIC)).endpoints[0]
    now, lengths = NOW, []
    for _ in range(7):
        fail(one, 5, now)
        lengths.append(one.ejected_until - now)
        now = one.ejected_until
        one.tick(now)
    assert lengths == [10, 20, 40, 80, 160, 300, 300]
    fail(one, 5, now + 1000)
    assert one.ejected_until == now + 1000 + 10


async def test_a_replica_that_comes_back_warms_up() -> None:
    """From a tenth of its share to all of it, in a straight line."""
    one = backend(service(2, TRAFFIC)).endpoints[0]
    one.warm_up(NOW)
    weights = [one.weight]
    for tenth in range(1, 101):
        one.tick(NOW + tenth / 10)
        weights.append(one.weight)
    assert weights[:11] == [COLD] * 11
    assert weights[11:] == pytest.approx([tenth / 100 for tenth in range(11, 101)])
    assert (one.weight, one.state) == (1.0, "up")


async def test_it_warms_up_whatever_it_comes_back_from() -> None:
    """Down, unwell or ejected."""
    one, two, three, four = backend(service(4, TRAFFIC)).endpoints
    one.failed(OSError("gone"))
    one.answered()
    two.set_well(False, "a test")
    two.set_well(True, "a test")
    fail(three, 5, NOW)
    three.tick(NOW + 10)
    assert [e.state for e in (one, two, three, four)] == ["warming"] * 3 + ["up"]


async def test_nothing_warms_up_where_slow_start_is_off() -> None:
    """0 s: its full share at once."""
    one = backend(service(2, Traffic(slow_start=0))).endpoints[0]
    one.failed(OSError("gone"))
    one.answered()
    assert (one.weight, one.state) == (1.0, "up")


async def test_what_is_known_goes_on_under_a_new_plan() -> None:
    """Of replicas that stay; those that join warm up."""
    first = backend(service(4, TRAFFIC))
    first.proven = True
    fail(first.endpoints[1], 5, NOW)
    first.endpoints[2].failed(OSError("gone"))
    second = backend(service(4, TRAFFIC, first=1), first)
    assert [e.state for e in second.endpoints] == ["ejected", "down", "up", "warming"]
    second.endpoints[0].tick(NOW + 10)
    fail(second.endpoints[0], 5, NOW + 10)
    assert second.endpoints[0].ejected_until == NOW + 30


async def test_what_a_new_plan_no_longer_looks_at_is_forgotten() -> None:
    """Unwell without checks, ejected without ejection, warming without slow start would stay for ever."""
    before = Traffic(health=HealthCheck("/"), slow_start=10)
    first = backend(service(3, before))
    first.proven = True
    first.endpoints[0].set_well(False, "a test")
    fail(first.endpoints[1], 5, NOW)
    first.endpoints[2].warm_up(NOW)
    second = backend(service(3, Traffic(outliers=Outliers(failures=0), slow_start=0)), first)
    second.tick(NOW)
    assert [e.state for e in second.endpoints] == ["up"] * 3


async def test_it_is_said_why_a_replica_is_down(caplog: pytest.LogCaptureFixture) -> None:
    """Once, not at each failure, and when it is up again."""
    one = backend(service(1, TRAFFIC)).endpoints[0]
    with caplog.at_level(logging.INFO, "gateway.worker"):
        one.failed(OSError(111, "Connection refused"))
        one.failed(TimeoutError())
        one.answered()
        one.failed(TimeoutError())
    name = "service blue: replica 10.0.0.0:80"
    assert caplog.messages == [
        f"{name} is down: Connection refused",
        f"{name} is up again",
        f"{name} is down: no answer in time",
    ]


async def test_a_replica_that_is_out_already_is_not_ejected_as_well() -> None:
    """Its late answers would keep it out after it is well again."""
    one = backend(service(2, TRAFFIC)).endpoints[0]
    one.set_well(False, "no answer in time")
    fail(one, 9, NOW)
    assert not one.ejected_until
    one.set_well(True, "it answers")
    fail(one, 5, NOW)
    assert one.ejected_until == NOW + 10
