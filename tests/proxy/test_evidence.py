"""What requests show of a rollout, over real connections: each is one draw of the arm that was chosen."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import cast

import pytest

from gateway.monitoring.ledger_layout import BAD, CANARY, DRAW, METRICS, OUTPUT, STABLE
from gateway.monitoring.ledger_read import Entry, Ledger, read_ledger
from gateway.monitoring.tally import TallyWriter
from gateway.proxy.context import Context
from gateway.proxy.predictions import LARGEST
from gateway.proxy.server import ClientConnection
from gateway.rollout import moves
from gateway.routing.judges import Judge, OutputsJudge
from gateway.routing.plan import UNITS, RoutingPlan
from gateway.routing.rollouts import Step
from tests.proxy.peer import OK, field, until
from tests.proxy.stage import Gateway, Service, Stage

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
OF = b"GET / HTTP/1.1\r\nHost: x\r\nx-user: %b\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\ncontent-length: 9\r\n\r\nhi"
ERROR = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 4\r\n\r\noops"
UPGRADE = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n"
BOTH = "weights: {blue: 1, canary: 0}, stable: blue"
STICKY = f"{BOTH}, sticky: {{header: x-user}}"
ALWAYS, NEVER = 0, 10**9
"""Thresholds of latency."""
NEARLY_ALL = 99_999
"""The highest weight of a step."""
DICE = random.Random(5)


def rolling(
    weight: int = NEARLY_ALL, *thresholds: int, **judge: object
) -> Callable[[RoutingPlan], RoutingPlan]:
    """Return the change that starts a rollout of `canary` with this weight and then nearly the same."""

    def change(plan: RoutingPlan) -> RoutingPlan:
        route = plan.routes[0]
        judged = replace(route.rollout, judge=Judge(**{"outputs": None, **judge}))  # type: ignore[arg-type]
        route = replace(route, rollout=judged)
        plan = replace(plan, routes=(route,))
        steps = (Step(weight), Step(max(weight - 1, 1)))
        return moves.start(plan, route, "canary", steps=steps, thresholds=thresholds)

    return change


def advance(plan: RoutingPlan) -> RoutingPlan:
    """Go to the next step."""
    return moves.advance(plan, plan.routes[0], "it is time", 0.0)


def never_stable(bits: int) -> int:
    """Draw as a worker does, but not the one in 100,000 that is not nearly all."""
    drawn = DICE.getrandbits(bits)
    while bits == 128 and (drawn >> 64) % UNITS == 0:
        drawn = DICE.getrandbits(bits)
    return drawn


class Rollout:
    """A gateway with a rollout under way."""

    def __init__(self, stage: Stage, gateway: Gateway, revision: int) -> None:
        self.stage, self.gateway, self.id = stage, gateway, revision

    def ledger(self, worker: int = 0) -> Ledger:
        """Return what a worker wrote."""
        return read_ledger(self.gateway.places.ledger(self.id, worker))

    def counted(self, worker: int = 0) -> dict[tuple[int, int], tuple[int, ...]]:
        """Return draws and bad ones of each metric that has any, by steps from 0 and arm."""
        counters = self.ledger(worker).counters
        steps = sorted({counter.since for counter in counters})
        return {(steps.index(c.since), c.arm): (c.draws, *_less_zeros(c.bad)) for c in counters if c.draws}

    def entries(self, worker: int = 0) -> list[tuple[int, int, int]]:
        """Return arm, kind and bits of the log."""
        return [(e.arm, e.kind, e.bits) for e in self.ledger(worker).entries]

    async def ask(self, request: bytes = GET, port: int = 0) -> bytes:
        """Return the head of the answer to a request."""
        client = await self.stage.client(port or self.gateway.port)
        await client.send(request)
        return (await client.answer())[0]

    async def shown(self) -> None:
        """Wait until something is counted."""
        await until(lambda: self.counted() or self.entries())


def _less_zeros(bad: tuple[int, ...]) -> tuple[int, ...]:
    last = max((index for index, count in enumerate(bad) if count), default=-1)
    return bad[: last + 1]


async def rollout(
    stage: Stage,
    route: str = BOTH,
    start: Callable[[RoutingPlan], RoutingPlan] | None = None,
    **services: Service | str,
) -> Rollout:
    """Start a gateway and a rollout whose canary gets nearly everything, as nothing else is said."""
    for name in ("blue", "canary"):
        if name not in services:
            services[name] = await stage.service(OK)
    gateway = await stage.gateway(route, **services)
    plan = gateway.change(start or rolling())
    gateway.tick()
    gateway.context.draw_bits = never_stable
    return Rollout(stage, gateway, plan.revision)


# -- arms --------------------------------------------------------------------------------------------------


async def test_each_request_is_a_draw_of_the_version_it_went_to(stage: Stage) -> None:
    """Both versions, each its own."""
    blue, canary = await stage.service(OK), await stage.service(ERROR)
    found = await rollout(stage, start=rolling(50_000), blue=blue, canary=canary)
    client = await stage.client(found.gateway.port)
    for _ in range(40):
        await client.send(GET)
        await client.answer()
    assert len(blue.requests) + len(canary.requests) == 40
    went = {(0, STABLE): (len(blue.requests),), (0, CANARY): (len(canary.requests),) * 2}
    assert found.counted() == {arm: draws for arm, draws in went.items() if draws[0]}


async def test_routes_without_a_rollout_have_no_ledger(stage: Stage) -> None:
    """Neither before one nor after."""
    found = await rollout(stage)
    await found.ask()
    found.gateway.change(lambda plan: moves.abort(plan, plan.routes[0], "enough"))
    found.gateway.tick()
    for _ in range(3):
        await found.ask()
    assert found.counted() == {(0, CANARY): (1,)}
    assert len(found.gateway.places.ledgers()) == 1


async def test_what_an_override_sends_is_no_evidence(stage: Stage) -> None:
    """It stays in the tallies."""
    overrides = "override: [{header: X-Want, value: canary, to: canary}]"
    found = await rollout(stage, f"{BOTH}, {overrides}")
    await found.ask(GET[:-2] + b"x-want: canary\r\n\r\n")
    assert (found.counted(), found.gateway.outcomes()) == ({}, {"ok": 1})
    await found.ask(GET[:-2] + b"x-want: other\r\n\r\n")
    assert found.counted() == {(0, CANARY): (1,)}


async def test_other_services_of_the_route_are_no_arm(stage: Stage) -> None:
    """Of three, two are compared."""
    third = await stage.service(OK)
    route = "weights: {blue: 0, canary: 0, third: 1}, stable: blue"
    found = await rollout(stage, route, rolling(1), third=third)
    for _ in range(5):
        await found.ask()
    assert len(third.requests) >= 1
    assert sum(draws for draws, *_ in found.counted().values()) == 5 - len(third.requests)


async def test_a_change_of_weights_leaves_a_request_in_its_interval(stage: Stage) -> None:
    """It began there, and it was chosen by those weights."""
    canary = await stage.service()
    found = await rollout(stage, canary=canary)
    client = await stage.client(found.gateway.port)
    await client.send(GET)
    peer = await canary.accepted()
    await peer.head()
    found.gateway.change(advance)
    found.gateway.tick()
    await peer.send(ERROR)
    await client.answer()
    assert found.counted() == {(0, CANARY): (1, 1)}
    assert len({counter.since for counter in found.ledger().counters}) == 2


async def test_a_change_of_anything_else_goes_on_in_the_interval(stage: Stage) -> None:
    """Pausing is no change of weights."""
    found = await rollout(stage)
    await found.ask()
    found.gateway.change(lambda plan: moves.pause(plan, plan.routes[0], "wait"))
    found.gateway.tick()
    await found.ask()
    assert found.counted() == {(0, CANARY): (2,)}


# -- what is bad -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "bad"), [(200, ()), (302, ()), (404, ()), (429, ()), (500, (1,)), (501, (1,)), (503, (1,))]
)
async def test_a_service_is_blamed_for_its_5xx(stage: Stage, status: int, bad: tuple[int, ...]) -> None:
    """Its 4xx is the client's business."""
    found = await rollout(stage, canary=await stage.service(OK.replace(b"200", b"%d" % status)))
    assert int((await found.ask())[9:12]) == status
    assert found.counted() == {(0, CANARY): (1, *bad)}


async def test_a_fallback_is_the_fault_of_the_version_chosen(stage: Stage) -> None:
    """Though stable answers, and well."""
    found = await rollout(stage, f"{BOTH}, on_unavailable: stable", canary=stage.down())
    assert [(await found.ask())[:15] for _ in range(4)] == [b"HTTP/1.1 200 OK"] * 4
    assert found.counted() == {(0, CANARY): (4, 4)}


async def test_what_nobody_can_answer_is_the_fault_of_the_version_chosen(stage: Stage) -> None:
    """The gateway's 503."""
    found = await rollout(stage, f"{BOTH}, on_unavailable: fail", canary=stage.down())
    assert int((await found.ask())[9:12]) == 503
    assert found.counted() == {(0, CANARY): (1, 1)}


@pytest.mark.parametrize(
    "said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"]
)
async def test_a_service_that_breaks_off_is_blamed(stage: Stage, said: bytes) -> None:
    """Before its answer or in the middle of it: the gateway's 502, or what is left of an answer."""
    canary = await stage.service()
    found = await rollout(stage, canary=canary)
    client = await stage.client(found.gateway.port)
    await client.send(POST + b"0123456")
    peer = await canary.accepted()
    await peer.head()
    await peer.send(said)
    await peer.leave()
    await client.head()
    await found.shown()
    assert found.counted() == {(0, CANARY): (1, 1)}


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"])
async def test_a_service_that_takes_too_long_is_blamed(stage: Stage, sent: bytes) -> None:
    """The gateway's 504; where its answer has begun, the cut."""
    canary = await stage.service()
    found = await rollout(stage, canary=canary, start=rolling(NEARLY_ALL, 90_000_000))
    client = await stage.client(found.gateway.port)
    await client.send(GET)
    peer = await canary.accepted()
    await peer.head()
    if sent:
        await peer.send(sent)
        await client.head()
    await until(lambda: len(found.gateway.context.exchanges) == 1)
    found.gateway.tick(after=1000)
    assert found.counted() == {(0, CANARY): (1, 1) if sent else (1, 1, 1)}


async def test_whoever_never_answers_is_not_left_out(stage: Stage) -> None:
    """A request is bad as soon as it is overdue, and counts once, whatever becomes of it."""
    canary = await stage.service()
    found = await rollout(stage, canary=canary, start=rolling(NEARLY_ALL, 900_000))
    client = await stage.client(found.gateway.port)
    before = time.monotonic()
    await client.send(GET)
    peer = await canary.accepted()
    await peer.head()
    found.gateway.tick(after=8.9, since=before)  # nine seconds are allowed, however slow the machine is
    assert found.counted() == {}
    found.gateway.tick(after=30.0)
    assert found.counted() == {(0, CANARY): (1, 1, 1)}
    await peer.send(OK)
    await client.head()
    assert found.counted() == {(0, CANARY): (1, 1, 1)}


async def test_a_client_that_gives_up_waiting_is_the_services_fault(stage: Stage) -> None:
    """It may well have been too slow."""
    canary = await stage.service()
    found = await rollout(stage, canary=canary)
    client = await stage.client(found.gateway.port)
    await client.send(GET)
    await (await canary.accepted()).head()
    client.reset()
    await found.shown()
    assert found.counted() == {(0, CANARY): (1, 1)}


async def test_a_client_that_leaves_its_answer_is_nobodys_fault(stage: Stage) -> None:
    """It had begun to come, so the service had done its part, and how long it all took is not known."""
    canary = await stage.service()
    found = await rollout(stage, canary=canary, start=rolling(NEARLY_ALL, ALWAYS))
    client = await stage.client(found.gateway.port)
    await client.send(GET)
    peer = await canary.accepted()
    await peer.head()
    await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
    await client.head()
    client.reset()
    await found.shown()
    assert found.counted() == {(0, CANARY): (1,)}


async def test_a_client_too_slow_with_its_body_is_no_draw(stage: Stage) -> None:
    """Nor is one that the gateway refuses in the middle of its body."""
    canary = await stage.service()
    found = await rollout(stage, canary=canary)
    for rest in (b"", b"0123456789"):
        client = await stage.client(found.gateway.port)
        chunked = b"POST / HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n"
        await client.send(POST if not rest else chunked)
        await (await canary.accepted()).head()
        if rest:
            await client.send(b"nonsense\r\n")
        else:
            found.gateway.tick(after=1000)
        assert int((await client.head())[9:12]) == (400 if rest else 408)
    assert found.counted() == {}
    assert found.gateway.outcomes() == {"refused": 2}


async def test_what_is_refused_before_the_split_is_no_draw(stage: Stage) -> None:
    """By the route's own limit."""
    found = await rollout(stage, f"{BOTH}, rate_limit: 1/h")
    assert [int((await found.ask())[9:12]) for _ in range(3)] == [200, 429, 429]
    assert found.counted() == {(0, CANARY): (1,)}


async def test_another_try_is_no_other_draw(stage: Stage) -> None:
    """What the client gets in the end is what counts."""
    bad, good = await stage.service(OK.replace(b"200", b"503")), await stage.service(OK)
    found = await rollout(stage, canary=f"{bad.url}, {good.url}")
    assert [int((await found.ask())[9:12]) for _ in range(4)] == [200] * 4
    assert len(bad.requests) > 0
    assert found.counted() == {(0, CANARY): (4,)}


# -- latency -----------------------------------------------------------------------------------------------


async def test_each_threshold_is_a_metric_of_its_own(stage: Stage) -> None:
    """In their order; those never reached stay at nothing."""
    found = await rollout(stage, start=rolling(NEARLY_ALL, ALWAYS, NEVER, ALWAYS))
    await found.ask()
    await found.ask()
    assert found.counted() == {(0, CANARY): (2, 0, 2, 0, 2)}


async def test_an_error_may_be_slow_too(stage: Stage) -> None:
    """Every metric is looked at by itself; there are so many at most."""
    found = await rollout(stage, start=rolling(NEARLY_ALL, *[ALWAYS] * 9), canary=await stage.service(ERROR))
    await found.ask()
    assert found.counted() == {(0, CANARY): (1,) * (1 + METRICS)}


async def test_latency_runs_from_the_request_to_the_last_byte(stage: Stage) -> None:
    """A slow end is as slow as a slow beginning."""
    canary = await stage.service()
    found = await rollout(stage, start=rolling(NEARLY_ALL, 50_000), canary=canary)
    client = await stage.client(found.gateway.port)
    await client.send(GET)
    peer = await canary.accepted()
    for slow in (False, True):
        await peer.head()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no")
        await client.head()
        if slow:
            await asyncio.sleep(0.06)  # the time itself is what is tested
        await peer.send(b"k")
        assert await client.exactly(2) == b"ok"
        await client.send(GET)
    draws, *bad = found.counted()[0, CANARY]
    assert (draws, bad[0], bad[1] >= 1) == (2, 0, True)


async def test_thresholds_hold_from_the_plan_that_sets_them(stage: Stage) -> None:
    """In an interval of their own: before, nothing was slow."""
    found = await rollout(stage)
    await found.ask()
    found.gateway.change(lambda plan: moves.freeze_thresholds(plan, plan.routes[0], (ALWAYS,)))
    found.gateway.tick()
    await found.ask()
    assert found.counted() == {(0, CANARY): (1,), (1, CANARY): (1, 0, 1)}


async def test_a_tunnel_is_a_draw_once_it_is_open(stage: Stage) -> None:
    """However long it stays, and however it ends."""
    canary = await stage.service()
    found = await rollout(stage, start=rolling(NEARLY_ALL, NEVER, ALWAYS), canary=canary)
    client = await stage.client(found.gateway.port)
    await client.send(UPGRADE)
    peer = await canary.accepted()
    await peer.head()
    await peer.send(SWITCHED)
    assert (await client.head()).startswith(b"HTTP/1.1 101")
    assert found.counted() == {(0, CANARY): (1, 0, 0, 1)}
    peer.reset()
    await client.end()
    await client.close()
    await until(lambda: not found.gateway.context.tunnels)
    assert found.counted() == {(0, CANARY): (1, 0, 0, 1)}


# -- keys --------------------------------------------------------------------------------------------------


async def test_a_key_is_one_draw_however_often_it_asks(stage: Stage) -> None:
    """And one bad event, whichever request it was."""
    answers = iter([OK, ERROR, ERROR, OK, ERROR])
    found = await rollout(stage, STICKY, canary=await stage.service(lambda _: next(answers)))
    for user in (b"ann", b"ann", b"ann", b"bob", b"ann"):
        await found.ask(OF % user)
    assert found.entries() == [(CANARY, DRAW, 0), (CANARY, BAD, 1), (CANARY, DRAW, 0)]
    assert found.counted() == {}
    ledger = found.ledger()
    assert (ledger.keyed, len({entry.key for entry in ledger.entries})) == (True, 2)
    assert [e.at for e in ledger.entries] == sorted(e.at for e in ledger.entries)


async def test_a_request_without_a_key_is_counted_plainly(stage: Stage) -> None:
    """On a route that has keys."""
    found = await rollout(stage, STICKY, canary=await stage.service(ERROR))
    await found.ask()
    await found.ask(OF % b"ann")
    assert (found.counted(), found.entries()) == ({(0, CANARY): (1, 1)}, [(CANARY, DRAW, 1)])


async def test_a_cookie_that_the_gateway_gives_is_a_key_from_the_first(stage: Stage) -> None:
    """Whoever brings it back is no other draw."""
    found = await rollout(stage, f"{BOTH}, sticky: {{cookie: uid}}")
    cookie = field(await found.ask(), "set-cookie")
    assert cookie is not None
    await found.ask(GET[:-2] + b"cookie: %b\r\n\r\n" % cookie.partition(";")[0].encode())
    assert found.entries() == [(CANARY, DRAW, 0)]


async def test_a_key_is_drawn_again_in_the_next_interval(stage: Stage) -> None:
    """A request that is still under way belongs to the one it began in."""
    canary = await stage.service()
    found = await rollout(stage, STICKY, canary=canary)
    late = await stage.client(found.gateway.port)
    await late.send(OF % b"ann")
    peer = await canary.accepted()
    await peer.head()
    route = found.gateway.change(advance).routes[0]
    found.gateway.tick()
    await peer.send(ERROR)
    await late.answer()
    again = asyncio.ensure_future(found.ask(OF % b"ann"))
    await peer.head()
    await peer.send(OK)
    await again
    first, second = found.ledger().entries
    assert (first.since < route.since, second.since) == (True, route.since)
    assert (first.key, first.bits, second.bits) == (second.key, 1, 0)


async def test_who_a_key_is_cannot_be_read_out_of_a_ledger(stage: Stage) -> None:
    """Nor can it be told across rollouts."""
    found = await rollout(stage, STICKY)
    await found.ask(OF % b"ann-of-the-users")
    one = found.ledger().entries[0].key
    assert b"ann-of-the-users" not in found.gateway.places.ledger(found.id, 0).read_bytes()
    found.gateway.change(lambda plan: moves.abort(plan, plan.routes[0], "enough"))
    again = Rollout(stage, found.gateway, found.gateway.change(rolling()).revision)
    found.gateway.tick()
    await again.ask(OF % b"ann-of-the-users")
    assert again.ledger().entries[0].key != one


# -- workers -----------------------------------------------------------------------------------------------


async def worker(stage: Stage, found: Rollout, number: int) -> tuple[Context, int]:
    """Start another worker of the same gateway; return its port too."""
    loop, places = asyncio.get_running_loop(), found.gateway.places
    context = Context(places, TallyWriter(places.tally(number), 2), loop, number=number)
    context.adopt()
    context.draw_bits = never_stable
    protocols = partial(_protocol, context)
    server = await loop.create_server(protocols, "127.0.0.1", 0)
    stage._open.append(_Listening(server, context))
    return context, server.sockets[0].getsockname()[1]


def _protocol(context: Context) -> asyncio.BaseProtocol:
    return cast(asyncio.BaseProtocol, ClientConnection(context))


class _Listening:
    def __init__(self, server: asyncio.Server, context: Context) -> None:
        self.server, self.context = server, context

    async def close(self) -> None:
        self.server.close()
        for client in list(self.context.clients):
            cast(ClientConnection, client).transport.abort()
        self.context.pool.close()
        self.context.ledgers.close()
        await until(lambda: not self.context.clients)


async def test_each_worker_has_a_ledger_of_its_own(stage: Stage) -> None:
    """In which one key is the same in both."""
    found = await rollout(stage, STICKY)
    _, port = await worker(stage, found, 1)
    await found.ask(OF % b"ann")
    await found.ask(OF % b"ann", port)
    await found.ask(OF % b"ann", port)
    assert found.entries(0) == found.entries(1) == [(CANARY, DRAW, 0)]
    assert found.ledger(0).entries[0].key == found.ledger(1).entries[0].key
    assert len(found.gateway.places.ledgers(found.id)) == 2


async def test_a_worker_started_again_goes_on(stage: Stage) -> None:
    """It knows the keys of the one before it."""
    found = await rollout(stage, STICKY, canary=await stage.service(ERROR))
    await found.ask(OF % b"ann")
    await found.ask()
    _, port = await worker(stage, found, 0)  # as though the first were gone
    for request in (OF % b"ann", OF % b"bob", GET):
        await found.ask(request, port)
    assert found.entries() == [(CANARY, DRAW, 1), (CANARY, DRAW, 1)]
    assert found.counted() == {(0, CANARY): (2, 2)}


# -- outputs -----------------------------------------------------------------------------------------------


def prediction(value: object, kind: str = "application/json", more: str = "", name: str = "y") -> bytes:
    """Return an answer with one output."""
    body = json.dumps({"outputs": [{"name": name, "data": [value]}]})
    return (
        f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n{more}content-length: {len(body)}\r\n\r\n{body}".encode()
    )


def outputs(found: Rollout) -> list[Entry]:
    """Return the predictions written down."""
    return [entry for entry in found.ledger().entries if entry.kind == OUTPUT]


async def test_predictions_are_written_down(stage: Stage) -> None:
    """Of the arm, with its time; here of a route without keys."""
    found = await rollout(
        stage, start=rolling(outputs=OutputsJudge()), canary=await stage.service(prediction(2.5))
    )
    await found.ask()
    await until(lambda: outputs(found))
    (entry,) = outputs(found)
    assert (entry.key, entry.arm, entry.bits, entry.value) == (0, CANARY, 0, 2.5)
    assert entry.since == found.ledger().counters[0].since
    assert found.ledger().malformed == 0


async def test_of_a_key_only_the_draws_prediction_counts(stage: Stage) -> None:
    """Whoever asks more often is not predicted for more often."""
    values = iter([1.0, 2.0, 3.0])
    script = await stage.service(lambda _: prediction(next(values)))
    found = await rollout(stage, STICKY, rolling(outputs=OutputsJudge()), canary=script)
    for user in (b"ann", b"ann", b"bob"):
        await found.ask(OF % user)
    await until(lambda: len(outputs(found)) == 2)
    assert [entry.value for entry in outputs(found)] == [1.0, 3.0]
    drawn = [entry.key for entry in found.ledger().entries if entry.kind == DRAW]
    assert [entry.key for entry in outputs(found)] == drawn


@pytest.mark.parametrize("judge", [None, OutputsJudge("ignore")])
async def test_where_nobody_compares_them_nothing_is_read(stage: Stage, judge: OutputsJudge | None) -> None:
    """Neither parsed nor written."""
    found = await rollout(stage, start=rolling(outputs=judge), canary=await stage.service(prediction("{")))
    for _ in range(3):
        await found.ask()
    assert (outputs(found), found.ledger().malformed) == ([], 0)


async def test_the_output_that_is_named_is_read(stage: Stage) -> None:
    """An answer without it is counted as having none."""
    names = iter(["other", "late"])
    script = await stage.service(lambda _: prediction(7, name=next(names)))
    found = await rollout(stage, start=rolling(outputs=OutputsJudge(output="late")), canary=script)
    await found.ask()
    await until(lambda: found.ledger().malformed == 1)
    assert outputs(found) == []
    await found.ask()
    await until(lambda: outputs(found))
    assert outputs(found)[0].value == 7.0


@pytest.mark.parametrize(
    "other",
    [
        prediction(1, "text/plain"),
        prediction(1, more="content-encoding: gzip\r\n"),
        prediction(1).replace(b"200 OK", b"400 Bad Request"),
        prediction("x" * LARGEST),
        OK,
    ],
)
async def test_what_is_no_small_plain_json_is_not_looked_into(stage: Stage, other: bytes) -> None:
    """It counts as a draw like any other."""
    found = await rollout(stage, start=rolling(outputs=OutputsJudge()), canary=await stage.service(other))
    await found.ask()
    assert (outputs(found), found.ledger().malformed, found.counted()) == ([], 0, {(0, CANARY): (1,)})


async def test_a_prediction_may_come_in_pieces(stage: Stage) -> None:
    """As services write their heads and bodies one after the other."""
    canary = await stage.service()
    found = await rollout(stage, start=rolling(outputs=OutputsJudge()), canary=canary)
    client = await stage.client(found.gateway.port)
    await client.send(GET)
    peer = await canary.accepted()
    await peer.head()
    whole = prediction(3.5)
    end = whole.index(b"\r\n\r\n") + 4
    await peer.send(whole[:end])
    head = await client.head()
    await peer.send(whole[end:-5])
    await client.exactly(len(whole) - end - 5)
    await peer.send(whole[-5:])
    assert await client.exactly(5) == whole[-5:]
    assert field(head, "content-type") == "application/json"
    await until(lambda: outputs(found))
    assert outputs(found)[0].value == 3.5


async def test_a_flood_is_looked_into_now_and_then(stage: Stage) -> None:
    """All of it is counted."""
    found = await rollout(
        stage, start=rolling(outputs=OutputsJudge()), canary=await stage.service(prediction(1))
    )
    client = await stage.client(found.gateway.port)
    for _ in range(20):
        await client.send(GET * 10)
        for _ in range(10):
            await client.answer()
    assert found.counted() == {(0, CANARY): (200,)}
    assert 1 <= len(outputs(found)) < 200
