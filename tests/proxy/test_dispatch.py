"""Who answers when a replica fails: another one where that is safe, stable where the route says so."""

from __future__ import annotations

import asyncio

import pytest

from tests.proxy.one_request import BAD, ask
from tests.proxy.peer import OK
from tests.proxy.stage import Stage


@pytest.mark.parametrize(("on_unavailable", "status"), [("stable", 200), ("fail", 503)])
async def test_a_version_that_is_down_is_stood_in_for_only_if_the_route_says_so(
    stage: Stage, on_unavailable: str, status: int
) -> None:
    """`fail` keeps versions apart whatever happens."""
    route = f"stable: blue, weights: {{blue: 0, green: 100}}, on_unavailable: {on_unavailable}"
    blue, green = await stage.service(OK), stage.down()
    gateway = await stage.gateway(route, blue=blue, green=green)
    assert (await ask(stage, gateway))[0] == status
    assert len(blue.requests) == (status == 200)


async def test_a_full_version_is_stood_in_for_by_stable(stage: Stage) -> None:
    """As one that is down; a full stable has nobody to stand in for it."""
    blue, green = await stage.service(OK), await stage.service()
    route = "stable: blue, weights: {blue: 0, green: 100}"
    gateway = await stage.gateway(route, each="concurrency: 1, queue: {size: 0}", blue=blue, green=green)
    held = asyncio.ensure_future(ask(stage, gateway))
    peer = await green.accepted()
    await peer.head()
    assert await ask(stage, gateway) == (200, b"ok")
    await peer.send(OK)
    assert await held == (200, b"ok")
    assert (len(blue.requests), gateway.outcomes()["fallback"]) == (1, 1)


async def test_an_open_breaker_gives_a_service_a_rest(stage: Stage) -> None:
    """Stable answers meanwhile; one trial after the rest decides."""
    answers = [BAD] * 4 + [OK] * 9
    green = await stage.service(lambda _: answers.pop(0))
    route = "stable: blue, weights: {blue: 0, green: 100}"
    breaker = "breaker: {errors: 50, requests: 4, within: 10s, open: 5s}, outliers: off"
    gateway = await stage.gateway(route, each=breaker, blue=await stage.service(OK), green=green)
    statuses = [(await ask(stage, gateway))[0] for _ in range(6)]
    assert (statuses, len(green.requests)) == ([503] * 4 + [200] * 2, 4)
    gateway.tick(after=6)
    assert [(await ask(stage, gateway))[0] for _ in range(2)] == [200, 200]
    assert len(green.requests) == 6
