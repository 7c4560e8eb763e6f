"""A service: who of its replicas is a candidate, panic, the share that may be ejected, the breaker."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.proxy.backend import Backend
from gateway.proxy.endpoint import Endpoint
from gateway.routing.settings import Breaker, Outliers, Traffic
from tests.proxy.fleet import PLAIN, backend, fail, service

NOW = 1_000_000.0
GONE = OSError(111, "Connection refused")


def picked(of: Backend) -> set[Endpoint | None]:
    """Return everybody who is picked in so many requests."""
    return {of.pick() for _ in range(20)}


async def test_only_who_is_fit_is_picked() -> None:
    """Neither who is down nor unwell nor ejected."""
    blue = backend(service(6, PLAIN))
    down, unwell, ejected, *fit = blue.endpoints
    down.failed(GONE)
    unwell.set_well(False, "a test")
    fail(ejected, 5, NOW)
    assert picked(blue) == set(fit)
    down.answered()
    assert picked(blue) == {down, *fit}


async def test_in_panic_all_that_are_up_are_picked() -> None:
    """While fewer than the threshold are fit, and no longer."""
    blue = backend(service(4, replace(PLAIN, panic=50)))
    one, two, three, four = blue.endpoints
    one.failed(GONE)
    two.set_well(False, "a test")
    assert picked(blue) == {three, four}
    three.set_well(False, "a test")
    assert picked(blue) == {two, three, four}
    three.set_well(True, "a test")
    assert picked(blue) == {three, four}


async def test_the_only_replica_is_used_though_it_is_unwell() -> None:
    """A service's own 500 says more than a 503 of the gateway."""
    blue = backend(service(1))
    blue.endpoints[0].set_well(False, "a test")
    assert blue.up
    assert blue.pick() is blue.endpoints[0]


async def test_without_panic_nobody_unfit_is_picked() -> None:
    """Its threshold at 0 % turns it off."""
    blue = backend(service(2, replace(PLAIN, panic=0)))
    for endpoint in blue.endpoints:
        endpoint.set_well(False, "a test")
    assert blue.pick() is None
    assert blue.up


async def test_nobody_is_picked_where_nobody_accepts_connections() -> None:
    """Panic or not."""
    blue = backend(service(2))
    for endpoint in blue.endpoints:
        endpoint.failed(GONE)
    assert blue.pick() is None
    assert not blue.up


async def test_who_is_unfit_is_asked_when_everybody_fit_was() -> None:
    """Rather than nobody; each once."""
    blue = backend(service(3))
    one, two, three = blue.endpoints
    one.set_well(False, "a test")
    assert blue.pick((two,)) is three
    assert blue.pick((two, three)) is one
    assert blue.pick((one, two, three)) is None


async def test_the_service_before_answers_while_no_replica_is_up() -> None:
    """And is let go once one has been."""
    old = backend(service(1))
    new = backend(service(1, first=9), old)
    new.endpoints[0].failed(GONE)
    assert new.up
    assert new.pick() is old.endpoints[0]
    new.endpoints[0].answered()
    assert (new.before, old.closed) == (None, True)
    new.endpoints[0].failed(GONE)
    assert (new.up, new.pick()) == (False, None)


async def test_a_new_plan_earns_no_retries_and_closes_no_breaker() -> None:
    """Budget and breaker go on, unless the breaker's settings changed."""
    traffic = replace(PLAIN, breaker=Breaker(requests=5))
    first = backend(service(1, traffic))
    second = backend(service(1, replace(traffic, panic=10)), first)
    assert (second.budget, second.breaker) == (first.budget, first.breaker)
    third = backend(service(1, replace(traffic, breaker=Breaker(requests=6))), second)
    assert third.breaker not in (None, first.breaker)


async def test_no_more_than_the_share_is_ejected() -> None:
    """The third of four goes on, and may be ejected once another is back."""
    blue = backend(service(4, replace(PLAIN, outliers=Outliers(failures=2, ejection=10))))
    for endpoint in blue.endpoints:
        fail(endpoint, 4, NOW)
    assert [e.state for e in blue.endpoints] == ["ejected", "ejected", "up", "up"]
    blue.tick(NOW + 10)
    fail(blue.endpoints[2], 1, NOW + 10)
    assert [e.state for e in blue.endpoints] == ["up", "up", "ejected", "up"]


EVENTS = st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.floats(0, 10)), max_size=60)


@settings(max_examples=60)
@given(st.integers(1, 7), st.integers(0, 100), EVENTS)
def test_whatever_fails_the_share_holds_and_somebody_is_asked(
    replicas: int, most: int, events: list[tuple[int, bool, float]]
) -> None:
    """Ejections come and go; a service that accepts connections always has a replica for a request."""

    async def check() -> None:
        outliers = Outliers(failures=2, ejection=5, longest=20, most=most)
        blue = backend(service(replicas, Traffic(outliers=outliers)))
        now = NOW
        for which, ok, later in events:
            now += later
            blue.tick(now)
            blue.endpoints[which % replicas].report(ok, now)
            ejected = sum(1 for endpoint in blue.endpoints if endpoint.state == "ejected")
            assert ejected * 100 <= most * replicas
            assert blue.pick() is not None

    asyncio.run(check())


async def test_the_breaker_opens_on_what_replicas_report(caplog: pytest.LogCaptureFixture) -> None:
    """Of the service as a whole; it is said when it opens and when it closes."""
    breaker = Breaker(errors=50, requests=4, within=10, open=5)
    blue = backend(service(2, replace(PLAIN, breaker=breaker)))
    one, two = blue.endpoints
    with caplog.at_level(logging.INFO, "gateway.worker"):
        for endpoint in (one, two, one, two):
            assert blue.allows(NOW)
            endpoint.report(endpoint is one, NOW)
        assert not blue.allows(NOW + 4)
        assert blue.allows(NOW + 5)
        assert not blue.allows(NOW + 5)
        two.report(False, NOW + 5)
        assert blue.allows(NOW + 10)
        one.forget()
        assert blue.allows(NOW + 10)
        one.report(True, NOW + 10)
        assert blue.allows(NOW + 10)
    assert caplog.messages == [
        "service blue: its breaker opens: 2 of 4 requests within 10 s failed",
        "service blue: its breaker is closed again",
    ]


async def test_without_a_breaker_everything_passes() -> None:
    """Whatever fails."""
    blue = backend(service(1))
    fail(blue.endpoints[0], 1000, NOW)
    blue.endpoints[0].forget()
    assert blue.allows(NOW)


async def test_every_change_is_counted() -> None:
    """Of replicas and of the breaker; nothing else is."""
    traffic = Traffic(
        breaker=Breaker(requests=100), slow_start=10, outliers=Outliers(failures=50, ejection=1)
    )
    blue = backend(service(2, traffic))
    one = blue.endpoints[0]
    seen = [blue.changed]
    fail(one, 49, NOW)
    blue.pick()
    blue.tick(NOW)
    assert blue.changed == seen[-1]
    for change in (
        lambda: fail(one, 1, NOW),
        lambda: blue.tick(NOW + 1),
        lambda: blue.tick(NOW + 11),
        lambda: fail(one, 50, NOW + 1),
        lambda: blue.allows(NOW + 6),
        lambda: one.report(True, NOW + 6),
    ):
        change()
        seen.append(blue.changed)
    assert seen == sorted(set(seen))
