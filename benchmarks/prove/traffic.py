"""Streams of requests without keys, second by second: what a route's two versions are asked and answer.

A stretch of constant weights is drawn when it begins, so that the judge's own decisions set the weights of
what follows. Incidents and the rate of requests belong to the run and hit both versions alike.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from math import log
from statistics import NormalDist

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.prove.counted import Counted
from gateway.statistics.histogram import BUCKETS, bucket_of, quantile

_SAMPLE = 5_000
_MEDIAN_LATENCY = 20_000.0
_SPREAD = 0.6
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Incidents:
    """Bursts of errors common to both versions: how often, how long (in seconds, on average), how bad."""

    every: float = 120.0
    length: float = 10.0
    rate: float = 0.3


@dataclass(frozen=True, slots=True)
class World:
    """What happens on a route. `risk`: how many times as often the canary fails; `slower`: its latency over
    stable's; both hold from second `from_second` on, and before it the versions are alike. `quantiles` are
    stable's latency quantiles, frozen from a sample of its own beforehand; none: latency is not looked at."""

    rate: int = 100
    seconds: int = 1_000
    base: float = 0.01
    risk: float = 1.0
    slower: float = 1.0
    from_second: int = 0
    incidents: Incidents | None = None
    quantiles: tuple[float, ...] = ()


class Traffic:
    """One run's requests."""

    def __init__(self, world: World, random: Generator) -> None:
        self.world = world
        self._random = random
        self._base = _error_rates(world, random)
        sound = np.arange(world.seconds) < world.from_second
        self._canary_rate = np.minimum(1.0, self._base * np.where(sound, 1.0, world.risk))
        thresholds = frozen_thresholds(world.quantiles, random)
        self._bands = [_bands(thresholds, slower) for slower in (1.0, world.slower)]
        self._sound = sound

    def part(self, parts: int) -> Traffic:
        """Return one of several workers that share these requests evenly, with the same incidents."""
        return self if parts == 1 else _part(self, parts)

    def stretch(self, share: float, begin: int) -> Counted:
        """Return what happens from a second to the end of the run while the canary has this share."""
        world, random = self.world, self._random
        requests = np.full(world.seconds - begin, world.rate, dtype=np.int64)
        canary = random.binomial(requests, share)
        stable = requests - canary
        return Counted(
            canary,
            stable,
            self._bad(canary, self._canary_rate[begin:], self._sound[begin:], world.slower),
            self._bad(stable, self._base[begin:], self._sound[begin:], 1.0),
        )

    def _bad(
        self, requests: NDArray[np.int64], rates: NDArray[np.float64], sound: NDArray[np.bool_], slower: float
    ) -> NDArray[np.int64]:
        bad = [self._random.binomial(requests, rates)]
        if self.world.quantiles:
            usual, changed = self._bands
            bands = np.where(sound[:, None], usual, changed) if slower != 1.0 else usual
            slow = self._random.multinomial(requests, bands)
            # A request beyond one threshold is beyond all below it.
            bad += list(np.cumsum(slow[:, ::-1], axis=1)[:, ::-1].T[1:])
        return np.stack(bad, axis=1)


def _part(whole: Traffic, parts: int) -> Traffic:
    found = copy(whole)
    found.world = replace(whole.world, rate=whole.world.rate // parts)
    return found


def frozen_thresholds(quantiles: tuple[float, ...], random: Generator) -> tuple[float, ...]:
    """Return stable's latency quantiles in microseconds, from a sample and as the gateway freezes them."""
    if not quantiles:
        return ()
    sample = random.lognormal(log(_MEDIAN_LATENCY), _SPREAD, _SAMPLE)
    counts = [0] * BUCKETS
    for latency in sample.tolist():
        counts[bucket_of(int(latency))] += 1
    return tuple(float(max(round(quantile(counts, q) or 0.0), 1)) for q in quantiles)


def _bands(thresholds: tuple[float, ...], slower: float) -> NDArray[np.float64]:
    """Return how likely a latency is below all thresholds, between the first two, ..., above the last."""
    middle = log(_MEDIAN_LATENCY * slower)
    below = [_NORMAL.cdf((log(bound) - middle) / _SPREAD) for bound in thresholds]
    return np.diff(np.array([0.0, *below, 1.0]))


def _error_rates(world: World, random: Generator) -> NDArray[np.float64]:
    rates = np.full(world.seconds, world.base)
    if world.incidents is not None:
        incidents = world.incidents
        at = random.exponential(incidents.every)
        while at < world.seconds:
            end = at + 1 + random.exponential(incidents.length)
            rates[int(at) : int(end)] = incidents.rate
            at = end + random.exponential(incidents.every)
    return rates
