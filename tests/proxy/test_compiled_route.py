"""A route prepared for requests: its targets, and which of them a request gets."""

from __future__ import annotations

from gateway.proxy.compiled_route import CompiledRoute
from tests.proxy.peer import field
from tests.proxy.stage import Stage
from tests.proxy.tables import table_of


async def test_a_route_knows_its_targets_and_stable(stage: Stage) -> None:
    """A target stamps the answers with its version."""
    route = (await table_of(stage)).match(b"GET /a HTTP/1.1")[1]
    assert isinstance(route, CompiledRoute)
    assert [target.name for target in route.targets] == ["blue", "canary"]
    assert route.stable is route.targets[0]
    assert field(b"HTTP/1.1 200 OK\r\n" + route.stable.stamp + b"7\r\n\r\n", "x-model-version") == "blue"


async def test_choosing_goes_by_override_then_key_then_draw(stage: Stage) -> None:
    """Each rule only where the one before says nothing."""
    table = await table_of(stage)
    route, other = (table.match(line)[1] for line in (b"GET /a HTTP/1.1", b"GET /a/b HTTP/1.1"))
    assert isinstance(route, CompiledRoute)
    assert isinstance(other, CompiledRoute)
    assert other.choose({b"x-canary": b"no"}, b"key", 0).name == "blue"
    assert other.choose({b"x-canary": b"yes"}, b"key", 0).name == "canary"
    assert {route.choose({}, b"", draw).name for draw in (0, 99_999)} == {"blue", "canary"}
    assert len({route.choose({}, b"key", draw).name for draw in (0, 99_999)}) == 1
