"""Requests to detection, measured: many rollouts of a version that is worse by so much, each to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.rollouts import users
from benchmarks.rollouts.fault import Fault
from benchmarks.rollouts.load import Load
from benchmarks.rollouts.site import Site, site
from benchmarks.rollouts.trial import CANARY, STABLE, is_over, until
from benchmarks.rollouts.version import Version
from gateway.rollout.record import decided
from gateway.routing import journal

ROUTES = 16
"""Rollouts at the same time, each on a route of its own."""
_ENOUGH = 300
"""Answers of stable before a rollout, so that its latencies are known."""
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
    """How much worse a version is: `base` of stable's answers are bad, `ratio` times as many of the canary's.

    `is_latency`: bad are those above stable's 95 % quantile, else those that are 500. `rate` is in requests a
    second on each route.
    """

    what: str
    base: float
    ratio: float
    rate: float
    is_latency: bool = False


async def requests_to_detection(effect: Effect, runs: int) -> tuple[list[int], int]:
    """Roll it out `runs` times; return the requests until each was taken back, and all that were sent."""
    names = [f"r{number}" for number in range(min(ROUTES, runs))]
    with site(routing(effect, names), _versions(effect)) as found:
        async with Load(found.port()) as load:
            for number, name in enumerate(names):
                path = f"/v2/models/late/versions/{name}/infer"
                load.flow(users.requests(number, keyed=False, path=path), effect.rate)
            await load.until(_ENOUGH * len(names), 60)
            turns = [runs // len(names) + (n < runs % len(names)) for n in range(len(names))]
            await asyncio.gather(*(_runs(found, *one) for one in zip(names, turns, strict=True)))
        return _counted(found), len(load.asked)


async def _runs(found: Site, name: str, turns: int) -> None:
    """Roll the canary out on one route again and again, each time until it is taken back."""
    for _ in range(turns):
        await asyncio.to_thread(found.verb, "rollout", CANARY, "--route", name, "--force")
        await until(lambda: is_over(found, name), _LONGEST, f"the rollback on {name}", found)


def _counted(found: Site) -> list[int]:
    """Return the requests of both versions that were known at each verdict that took a canary back."""
    with journal.opened(found.places.journal) as connection:
        fails = [one for one in decided(connection) if one.decision and one.decision.event == "fail"]
    return [sum(s.canary.requests + s.stable.requests for s in one.evidence.spans) for one in fails]


def _versions(effect: Effect) -> dict[str, Version]:
    stable, canary = effect.base, effect.base * effect.ratio
    if effect.is_latency:  # of what is slow evenly, half is beyond the quantile that halves it
        return {STABLE: Version("", Fault(slow=2 * stable)), CANARY: Version("", Fault(slow=2 * canary))}
    return {STABLE: Version("", Fault(errors=stable)), CANARY: Version("", Fault(errors=canary))}


def routing(effect: Effect, names: Sequence[str]) -> str:
    """Return a routing.yaml with so many routes whose canaries are judged by this effect alone."""
    errors = "off" if effect.is_latency else "{margin: 1.5}"
    latency = "{quantiles: [0.95]}" if effect.is_latency else "off"
    return _SERVICES + "".join(_ROUTE % (name, name, errors, latency) for name in names)
