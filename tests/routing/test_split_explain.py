"""`explain` takes the same steps in the same order as a worker does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.headers import ANSWER_KNOWN, ANSWER_REMOVED, FieldKinds, Shapes
from gateway.monitoring.tally import TallyWriter
from gateway.proxy.compiled_route import CompiledRoute
from gateway.proxy.outbox import Outbox
from gateway.proxy.pool import Backend, Shared
from gateway.routing.places import Places
from gateway.routing.plan import Override, Route, Service, proportional
from gateway.routing.settings import Sticky
from gateway.routing.split import explain

NAMES = ("blue", "green", "canary")
OVERRIDES = (Override("x-canary", "always", "canary"), Override("x-canary", "never", "blue"))


def route(*units: int, sticky: Sticky | None = None) -> Route:
    """Return a route whose services have these shares in percent, with an opt-in and an opt-out."""
    weights = proportional(dict(zip(NAMES, map(float, units), strict=True)))
    return Route("late", "/late", "blue", tuple(weights.items()), sticky, OVERRIDES)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Route, CompiledRoute]]]:
    """Routes of each kind as a worker prepares them."""
    folder = tmp_path_factory.mktemp("split")
    loop = asyncio.new_event_loop()
    shared = Shared(loop, Outbox(loop), Shapes(FieldKinds(ANSWER_REMOVED, ANSWER_KNOWN)))
    services = [Service(name, urls=("http://127.0.0.1:1",)) for name in NAMES]
    backends = {service.name: Backend(service, Places(folder), shared) for service in services}
    tally = TallyWriter(folder / "worker-0.tally", 1)
    kinds: dict[str, Sticky | None] = {
        "header": Sticky("header", "x-user-id"),
        "cookie": Sticky("cookie", "uid"),
        "ip": Sticky("ip"),
        "none": None,
    }
    routes = {kind: route(50, 30, 20, sticky=sticky) for kind, sticky in kinds.items()}
    routes["all"] = route(0, 100, 0)
    yield {kind: (each, CompiledRoute(each, backends, tally)) for kind, each in routes.items()}
    loop.close()


@given(
    kind=st.sampled_from(["header", "cookie", "ip", "none", "all"]),
    headers=st.fixed_dictionaries(
        {},
        optional={
            "x-canary": st.sampled_from(["always", "never", "often"]),
            "x-user-id": st.integers(0, 999).map(str),
            "cookie": st.integers(0, 999).map(lambda n: f"lang=en; uid={n}"),
        },
    ),
    ip=st.ip_addresses().map(str),
)
def test_explain_says_what_a_worker_does(
    compiled: dict[str, tuple[Route, CompiledRoute]], kind: str, headers: dict[str, str], ip: str
) -> None:
    """Where a rule decides, every draw gives the version that is named; where none does, draws differ."""
    asked, worker = compiled[kind]
    choice = explain(asked, headers, ip)
    encoded = {name.encode(): value.encode() for name, value in headers.items()}
    key = worker.splitter.sticky_key(encoded, ip.encode())
    chosen = {worker.choose(encoded, key, draw).name for draw in (0, 20_000, 60_000, 99_999)}
    assert chosen == ({choice.service} if choice else {"blue", "green", "canary"})
    if choice is None or choice.reason == "weights":
        assert (choice is not None) == (kind == "all")
    elif choice.reason == "override":
        assert choice.rule == f"x-canary: {headers['x-canary']}"
    else:
        rules = {"header": "header x-user-id", "cookie": "cookie uid", "ip": "ip"}
        assert choice.rule == f"{rules[kind]} = {key.decode()}"
