"""Rows in which a whole service is slow, down, failing or full."""

from __future__ import annotations

import asyncio
from time import monotonic

from benchmarks.chaos.behaviour import Behaviour
from benchmarks.chaos.client import Ask
from benchmarks.chaos.control import bound_ms, control
from benchmarks.chaos.load import Kind, Load, calm, failed, failures, last_ms, p99_ms
from benchmarks.chaos.scale import Scale
from benchmarks.chaos.site import site
from benchmarks.measured.row import Figure, Reached, Row

GROUP = "Services"
GET, POST = Ask(), Ask(b"POST")
_TWO_ROUTES = """
services: {blue: {urls: [$blue]}, slow: {urls: [$slow]}}
routes:
  - {name: late, path: /, stable: blue, weights: {blue: 100}}
  - {name: slow, path: /slow, stable: slow, weights: {slow: 100}}
"""
_PLAIN = """
services: {blue: {urls: [$blue]}}
routes: [{name: late, path: /, stable: blue, weights: {blue: 100}}]
"""
_FULL = """
services: {blue: {urls: [$blue], concurrency: 4, queue: {size: 8, wait: 100ms}}}
routes: [{name: late, path: /, stable: blue, weights: {blue: 100}}]
"""
_BREAKER = """
services: {blue: {urls: [$blue], breaker: {errors: 50, requests: 20, within: 10s, open: 1m}}}
routes: [{name: late, path: /, stable: blue, weights: {blue: 100}}]
"""

_SPARE = 100
"""Requests until which a breaker is surely open, beyond those that its rule asks for."""


async def slow(scale: Scale) -> Reached:
    """Answers that take 300 ms, and answers that come byte by byte, beside a good service."""
    lazy = [Behaviour("slow", delay=0.3), Behaviour("slow", piece=1, pause=0.004, framing="chunked")]
    with site(_TWO_ROUTES, {"blue": [Behaviour("blue")], "slow": lazy}) as found:
        alone = await calm(found.port(), ("blue",), scale.seconds)
        port = found.port()
        async with control() as direct, Load(port, ("blue",)) as good, Load(port, ("slow",)) as others:
            others.closed(Kind(40, asks=(Ask(path=b"/slow"), Ask(b"POST", b"/slow"))))
            good.closed(Kind(8, 400))
            await asyncio.sleep(scale.seconds)
    seen = alone + good.seen + others.seen
    before, beside = p99_ms(alone), p99_ms(good.seen)
    figures = (
        Figure("failed", len(failed(seen)), most=0),
        Figure("p99 of the others", beside, " ms", most=bound_ms(2 * before + 5, direct)),
        Figure("and without", before, " ms"),
        Figure("slow answers", len(others.seen), least=40),
    )
    return Reached(len(seen), len(failed(seen)), figures, notes=failures(seen))


async def down(scale: Scale) -> Reached:
    """All replicas are killed, and come back."""
    with site(_PLAIN, {"blue": [Behaviour("blue", delay=0.002)] * 2}) as found:
        replicas = found.services["blue"]
        async with control() as direct, Load(found.port(), ("blue",)) as load:
            load.closed(Kind(16, 800))
            await asyncio.sleep(scale.seconds / 2)
            out, killed = load.out, monotonic()
            for replica in replicas:
                replica.kill()
            await asyncio.sleep(scale.seconds)
            again = monotonic()
            await asyncio.gather(*(asyncio.to_thread(replica.start) for replica in replicas))
            back = monotonic()
            await asyncio.sleep(scale.seconds)
    lost = failed(load.seen)
    refused = [one for one in lost if one.status == 503 and killed + 0.1 < one.began < again]
    figures = (
        Figure("503 within (p99)", p99_ms(refused), " ms", most=bound_ms(5, direct)),
        Figure("anything but 503", sum(one.status != 503 for one in lost), f" of {out} in flight", most=out),
        Figure("last 503 after they listen", last_ms(lost, back), " ms", most=500),
    )
    return Reached(len(load.seen), len(lost), figures, notes=failures(load.seen))


async def storm(scale: Scale) -> Reached:
    """Every replica fails every request; some with 503, one with RST."""
    broken = [Behaviour("blue", errors=100, status=503)] * 2 + [Behaviour("blue", cut_head=100)]
    with site(_PLAIN, {"blue": broken}) as found:
        async with Load(found.port(), ("blue",)) as load:
            load.closed(Kind(16, 2_000, (GET, GET, GET, POST)))
            await load.until(scale.storm)
        counts = [one.counts() for one in found.services["blue"]]
    posts = [token for one in counts for token in one["posts"]]
    attempts = sum(one["attempts"] for one in counts)
    twice = len(posts) - len(set(posts)) + sum(len(one["posted_twice"]) for one in counts)
    figures = (
        Figure("attempts per request", attempts / len(load.seen), most=1.2),
        Figure("POSTs sent twice", twice, f" of {len(posts):,}", most=0),
    )
    return Reached(len(load.seen), len(failed(load.seen)), figures, notes=failures(load.seen))


async def full(scale: Scale) -> Reached:
    """A service that can do four at once is offered twice what it can do."""
    with site(_FULL, {"blue": [Behaviour("blue", slots=4, delay=0.005)]}) as found:
        async with Load(found.port(), ("blue",)) as peak:
            peak.closed(Kind(12))
            await asyncio.sleep(scale.seconds)
        best = len(_good(peak)) / scale.seconds
        async with control() as direct, Load(found.port(), ("blue",)) as twice:
            twice.open(Kind(rate=2 * best))
            await asyncio.sleep(scale.seconds)
    refused = [one for one in twice.seen if one.status == 503]
    figures = (
        Figure(
            "goodput at twice the capacity", 100 * len(_good(twice)) / scale.seconds / best, " %", least=80
        ),
        Figure("of", best, " answers/s"),
        Figure("503 within (p99)", p99_ms(refused), " ms", most=bound_ms(5, direct)),
        Figure("anything else", len(failed(twice.seen)) - len(refused), most=0),
    )
    return Reached(len(twice.seen), len(failed(twice.seen)), figures, notes=failures(twice.seen))


def _good(load: Load) -> list[float]:
    return [one.took for one in load.seen if not one.failure and one.took < 1]


async def breaker(scale: Scale) -> Reached:
    """A service that fails everything is given a rest."""
    with site(_BREAKER, {"blue": [Behaviour("blue")]}) as found:
        (replica,) = found.services["blue"]
        before = await calm(found.port(), ("blue",), scale.seconds / 2)
        replica.behave(errors=100.0)
        async with control() as direct, Load(found.port(), ("blue",)) as load:
            load.closed(Kind(16, 800))
            await load.until(len(before) + _SPARE)  # by then half of its answers were errors
            at = monotonic()
            known = (await asyncio.to_thread(replica.counts))["attempts"]
            await asyncio.sleep(scale.seconds)
        reached = replica.counts()["attempts"] - known
    refused = [one for one in load.seen if one.began > at and one.status == 503]
    figures = (
        Figure("503 within (p99)", p99_ms(refused), " ms", most=bound_ms(5, direct)),
        Figure("requests that the service got while open", reached, most=0),
        Figure("and before it opened", known - len(before), least=20, most=len(before) + _SPARE),
    )
    return Reached(len(load.seen), len(failed(load.seen)), figures, notes=failures(load.seen))


ROWS = (
    Row(
        "slow",
        GROUP,
        "a slow service, and one that answers byte by byte",
        "0 failed, the others' p99 unharmed",
        slow,
    ),
    Row(
        "down",
        GROUP,
        "all replicas of stable killed, and started again",
        "503 within 5 ms; back within 0.5 s",
        down,
    ),
    Row(
        "storm", GROUP, "every replica fails every request", "attempts ≤ 1.2 × requests; no POST twice", storm
    ),
    Row(
        "full",
        GROUP,
        "a service at its concurrency with a full queue",
        "503 within 5 ms; goodput ≥ 80 %",
        full,
    ),
    Row(
        "breaker",
        GROUP,
        "every answer is a 500, with a breaker",
        "503 within 5 ms; the service has its rest",
        breaker,
    ),
)
