"""Requests to detection, measured: many rollouts of a version that is worse by so much, each to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.rollouts import users
from benchmarks.rollouts.fault import Fault
from benchmarks.rollouts.load import Load, failed
from benchmarks.rollouts.site import Site, site
from benchmarks.rollouts.trial import CANARY, SPREAD, STABLE, is_over, until
from benchmarks.rollouts.version import Version
from gateway.rollout.outlook import Traffic
from gateway.rollout.recent import recent_traffic
from gateway.rollout.record import decided
from gateway.routing import journal
from gateway.routing.rollouts import Rollout

ROUTES = 16
"""Rollouts at the same time, each on a route of its own."""
BASE = 0.02
"""The fraction of stable's answers that fail."""
_ENOUGH = 400
"""Answers of stable on each route before a rollout, where its latencies have to be known."""
_SOME = 20
_LONGEST = 120.0
_ROUTE = """
  - name: %s
    path: /v2/models/late/versions/%s
    stable: blue
    weights: {blue: 100, canary: 0}
    rollout:
      steps: [{setWeight: 50}, {setWeight: 100}]
      judge: {errors: %s, latency: %s, outputs: off, min_requests: 1000000}
"""
_SERVICES = "services: {blue: {urls: [$blue]}, canary: {urls: [$canary]}}\nroutes:"


@dataclass(frozen=True, slots=True)
class Effect:
    """How much worse a version is: it fails `times` as often as stable, which fails `BASE`, or takes `times`
    as long for each answer. `rate` is in requests a second on each route, `runs` are the rollouts for each
    of a scale's own."""

    times: float
    rate: float
    runs: int = 4
    is_latency: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """`requests` of both versions until each verdict, `sent` ones in all, and what the routes got before."""

    requests: tuple[int, ...]
    sent: int
    bad: int
    traffic: Traffic
    rollout: Rollout


async def detected(effect: Effect, runs: int) -> Measured:
    """Roll such a version out `runs` times, each until it is taken back."""
    names = [f"r{number}" for number in range(min(ROUTES, runs))]
    with site(routing(effect, names), _versions(effect)) as found:
        async with Load(found.port()) as load:
            for number, name in enumerate(names):
                path = f"/v2/models/late/versions/{name}/infer"
                load.flow(users.requests(number, keyed=False, path=path), effect.rate)
            await load.until((_ENOUGH if effect.is_latency else _SOME) * len(names), 60)
            traffic = _traffic(found, names)
            turns = [runs // len(names) + (n < runs % len(names)) for n in range(len(names))]
            await asyncio.gather(*(_runs(found, *one) for one in zip(names, turns, strict=True)))
        rollout = found.route(names[0]).rollout
        return Measured(_counted(found), len(load.asked), len(failed(load.asked)), traffic, rollout)


def _traffic(found: Site, names: Sequence[str]) -> Traffic:
    """Return what a route gets, its latencies from all of them together: they are alike."""
    each = [recent_traffic(found.places, found.route(name)) for name in names]
    known = [one for one in each if one is not None]
    histogram = tuple(map(sum, zip(*(one.histogram for one in known), strict=True)))
    return replace(known[0], error_rate=BASE, histogram=histogram)


async def _runs(found: Site, name: str, turns: int) -> None:
    """Roll the canary out on one route again and again, each time until it is taken back."""
    for _ in range(turns):
        await asyncio.to_thread(found.verb, "rollout", CANARY, "--route", name, "--force")
        await until(
            lambda: is_over(found, name), _LONGEST, f"the rollback on {name}; {found.route(name).progress}"
        )


def _counted(found: Site) -> tuple[int, ...]:
    """Return the requests of both versions that were known at each verdict that took a canary back."""
    with journal.opened(found.places.journal) as connection:
        fails = [one for one in decided(connection) if one.decision and one.decision.event == "fail"]
    return tuple(sum(s.canary.requests + s.stable.requests for s in one.evidence.spans) for one in fails)


def _versions(effect: Effect) -> dict[str, Version]:
    if effect.is_latency:
        stable, canary = Fault(spread=SPREAD), Fault(spread=SPREAD * effect.times)
    else:
        stable, canary = Fault(errors=BASE), Fault(errors=BASE * effect.times)
    return {STABLE: Version("", stable), CANARY: Version("", canary)}


def routing(effect: Effect, names: Sequence[str]) -> str:
    """Return a routing.yaml with so many routes whose canaries are judged by this effect alone."""
    errors = "off" if effect.is_latency else "{margin: 1.5}"
    latency = "{quantiles: [0.95]}" if effect.is_latency else "off"
    return _SERVICES + "".join(_ROUTE % (name, name, errors, latency) for name in names)
