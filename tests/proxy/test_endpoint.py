"""A replica's connections: kept while they are fresh, given up when the service lets go of them."""

from __future__ import annotations

import pytest

from gateway.proxy.endpoint import IDLE_TIMEOUT
from gateway.routing.settings import Breaker, Traffic
from tests.proxy.fleet import backend, service_at
from tests.proxy.peer import until
from tests.proxy.stage import Stage
from tests.waiting import BOUND

NOW = 1_000_000.0


async def test_a_connection_lost_before_it_was_used_is_not_kept(stage: Stage) -> None:
    """A replica may close what it accepts."""
    service = await stage.service()
    endpoint = backend(service_at(service.url)).endpoints[0]
    made = await endpoint.open(BOUND)
    (await service.accepted()).reset()
    await until(lambda: made.lost)
    endpoint.release(made)
    assert endpoint.idle == []


async def test_idle_connections_are_closed_before_the_service_does(stage: Stage) -> None:
    """The oldest first; those used since stay."""
    service = await stage.service()
    endpoint = backend(service_at(service.url)).endpoints[0]
    made = [await endpoint.open(BOUND), await endpoint.open(BOUND)]
    for connection in made:
        endpoint.release(connection)
    now = endpoint.loop.time()
    made[0].idle_since, made[1].idle_since = now, now + 2
    endpoint.tick(now + IDLE_TIMEOUT - 1)
    assert endpoint.idle == made
    endpoint.tick(now + IDLE_TIMEOUT + 1)
    assert endpoint.idle == made[1:]
    await until(lambda: made[0].lost)
    endpoint.close()
    assert endpoint.idle == []
    await until(lambda: made[1].lost)


async def test_nothing_is_kept_of_a_service_that_left(stage: Stage) -> None:
    """A connection in use then is closed at its end."""
    service = await stage.service()
    blue = backend(service_at(service.url))
    used, idle = [await blue.endpoints[0].open(BOUND) for _ in range(2)]
    blue.endpoints[0].release(idle)
    blue.retire()
    await until(lambda: idle.lost)
    assert not used.lost
    blue.endpoints[0].release(used)
    await until(lambda: used.lost)


async def test_a_refused_connection_takes_the_replica_out_and_an_accepted_one_puts_it_in(
    stage: Stage,
) -> None:
    """At once, both."""
    service = stage.down()
    blue = backend(service_at(service.url))
    endpoint = blue.endpoints[0]
    with pytest.raises(OSError, match="refused"):
        await endpoint.open(BOUND)
    assert (endpoint.state, blue.up, blue.proven) == ("down", False, False)
    await service.listen()
    (await endpoint.open(BOUND)).close()
    assert (endpoint.state, blue.up, blue.proven) == ("up", True, True)


async def test_the_breaker_hears_of_requests_that_found_nobody_and_of_nothing_else(stage: Stage) -> None:
    """Probes and checks are no requests."""
    traffic = Traffic(breaker=Breaker(errors=50, requests=2, within=10, open=5))
    blue = backend(service_at(stage.down().url, traffic=traffic))
    endpoint = blue.endpoints[0]
    for _ in range(5):
        with pytest.raises(OSError, match="refused"):
            await endpoint.connect(BOUND)
    assert blue.allows(endpoint.loop.time())
    for _ in range(2):
        with pytest.raises(OSError, match="refused"):
            await endpoint.open(BOUND)
    assert not blue.allows(endpoint.loop.time())
