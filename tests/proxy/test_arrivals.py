"""Who may connect where there are as many connections as there may be."""

from __future__ import annotations

from tests.proxy.peer import OK, until
from tests.proxy.stage import Stage
from tests.proxy.test_limits import GET, hits


async def test_an_idle_connection_makes_room_for_a_new_one(stage: Stage) -> None:
    """The one idle for longest goes: idle connections, however many, keep no good request out."""
    gateway = await stage.gateway(top="limits: {connections: 3}", blue=await stage.service(OK))
    idle = [await stage.client(gateway.port) for _ in range(3)]
    await until(lambda: len(gateway.context.clients) == 3)
    await idle[0].send(GET)
    await idle[0].answer()
    newcomer = await stage.client(gateway.port)
    await newcomer.send(GET)
    assert (await newcomer.answer())[1] == b"ok"
    assert await idle[1].end() == b""
    await idle[0].send(GET)
    assert (await idle[0].answer())[1] == b"ok"
    assert hits(gateway) == {"connections": 1, "evicted": 1}


async def test_where_all_connections_are_busy_a_new_one_is_turned_away(stage: Stage) -> None:
    """503 at once, and the busy ones are answered."""
    blue = await stage.service()
    gateway = await stage.gateway(top="limits: {connections: 1}", blue=blue)
    busy = await stage.client(gateway.port)
    await busy.send(GET)
    service = await blue.accepted()
    newcomer = await stage.client(gateway.port)
    assert (await newcomer.end()).startswith(b"HTTP/1.1 503 ")
    await service.send(OK)
    assert (await busy.answer())[1] == b"ok"
    assert hits(gateway) == {"connections": 1}


async def test_one_address_may_have_so_many_connections(stage: Stage) -> None:
    """429 for one more while all of them are busy; its idle ones make room first."""
    blue = await stage.service()
    gateway = await stage.gateway(top="limits: {connections_per_address: 1}", blue=blue)
    busy = await stage.client(gateway.port)
    await busy.send(GET)
    service = await blue.accepted()
    newcomer = await stage.client(gateway.port)
    assert (await newcomer.end()).startswith(b"HTTP/1.1 429 ")
    await service.send(OK)
    await busy.answer()
    await until(lambda: gateway.context.idle)
    another = await stage.client(gateway.port)
    await another.send(GET)
    assert (await busy.end(), hits(gateway)["connections_per_address"]) == (b"", 2)
