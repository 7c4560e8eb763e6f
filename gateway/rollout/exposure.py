"""What a version that fails more often from the start does to users, step by step, until it is taken back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.rollout.outlook import ERROR_RISKS, Ask, Exposure
from gateway.rollout.prospects import Stretch, failing
from gateway.rollout.stages import Fate, Stage, fates
from gateway.routing.plan import UNITS
from gateway.statistics.walk import Paths, quantile

LAG = 1.0
"""Seconds from the request that shows it to the last that the version gets: one looks once a second."""


def exposures(ask: Ask, stages: Sequence[Stage], paths: Paths) -> tuple[Exposure, ...]:
    """Return the fate of each regression of the errors; none where errors are not judged."""
    if ask.rollout.judge.errors is None:
        return ()
    return tuple(_exposure(risk, stages, paths) for risk in ERROR_RISKS)


def worst_of(found: Sequence[Exposure]) -> Exposure | None:
    """Return the regression with the most bad answers."""
    return max(found, key=lambda one: one.bad, default=None)


@dataclass(slots=True)
class _Way:
    """One path: what it has seen, and at which step it was found (0: nowhere), while it goes on."""

    requests: float = 0.0
    seconds: float = 0.0
    bad: float = 0.0
    found_at: int = 0
    goes_on: bool = True

    def take(self, stage: Stage, fate: Fate, bad_each: float) -> None:
        self.requests += fate.stays
        self.seconds += fate.stays / stage.rate
        late = LAG * stage.rate if fate.is_found else 0.0
        self.bad += (fate.stays + late) * stage.share * bad_each
        self.found_at = stage.place + 1 if fate.is_found else 0
        may_grow = stage.judge.then == "promote" and stage.next_weight < UNITS
        self.goes_on = fate.goes_on or (may_grow and not fate.is_found)


def _exposure(risk: float, stages: Sequence[Stage], paths: Paths) -> Exposure:
    ways = [_Way() for _ in paths.gaps]
    past: tuple[Stretch, ...] = ()
    for stage in stages:
        if not any(way.goes_on for way in ways):
            break
        more = failing(stage.bases[0], risk) - stage.bases[0]
        stays = []
        for way, fate in zip(ways, fates(stage, {0: risk}, past, paths), strict=True):
            if way.goes_on:
                way.take(stage, fate, more)
                stays += [fate.stays] if way.goes_on else []
        past = (*past, stage.stretch(quantile(stays, 0.5), risk)) if stays else past
    return _summed(risk, ways)


def _summed(risk: float, ways: Sequence[_Way]) -> Exposure:
    found = [way for way in ways if way.found_at]
    steps = [way.found_at for way in found]
    return Exposure(
        size=risk,
        found=len(found) / len(ways),
        promoted=sum(way.goes_on for way in ways) / len(ways),
        step=max(set(steps), key=steps.count) if steps else 0,
        requests=quantile([way.requests for way in found], 0.5) if found else math.inf,
        seconds=quantile([way.seconds for way in found], 0.5) if found else math.inf,
        bad=math.fsum(way.bad for way in ways) / len(ways),
    )
