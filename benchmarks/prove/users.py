"""Streams of requests of users who stick to a version, as the ledgers of the workers would record them.

Users have a place each between 0 and 1 and are with the canary while its share is above that: as weighted
rendezvous hashing does it, the canary's users only ever become more while its share grows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from gateway.monitoring.ledger_layout import BAD, CANARY, DRAW, STABLE
from gateway.monitoring.ledger_read import Entry

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class People:
    """A route's users: `activity` is the exponent of Zipf's law, 0 for all alike. Their error rates have the
    mean `base` and, with `uneven` below infinity, a beta distribution whose two parameters add up to it."""

    users: int = 5_000
    activity: float = 1.1
    base: float = 0.01
    uneven: float = 10.0
    risk: float = 1.0
    rate: int = 100
    seconds: int = 1_000
    workers: int = 1


class Record(NamedTuple):
    """An entry of one worker's ledger, and the second in which it was written."""

    second: int
    worker: int
    entry: Entry


class Users:
    """One run's users and all of their requests, in order."""

    def __init__(self, people: People, random: Generator) -> None:
        self.people = people
        count = people.rate * people.seconds
        frequency = np.cumsum(np.arange(1, people.users + 1, dtype=np.float64) ** -people.activity)
        self.user: Indices = np.searchsorted(frequency, random.random(count) * frequency[-1])
        self.place = random.random(people.users)
        self._mishap = random.random(count)
        self._rate = _error_rates(people, random)[self.user]
        self._worker: Indices = random.integers(0, people.workers, count)

    def stretch(self, share: float, begin: int, since: int) -> Iterator[Record]:
        """Yield what the workers write from a second to the end of the run at this share, in order.

        `since` is the interval's number. Each worker knows only those users it has met itself.
        """
        first = begin * self.people.rate
        user = self.user[first:]
        canary = self.place[user] < share
        chance = np.where(canary, self._rate[first:] * self.people.risk, self._rate[first:])
        bad = self._mishap[first:] < chance
        draws, later = self._first_of_each(user, bad, self._worker[first:])
        places = np.concatenate([draws, later])
        kinds = np.repeat([DRAW, BAD], [len(draws), len(later)])
        for at in np.argsort(places, kind="stable").tolist():
            request = int(places[at])
            moment = (first + request) * 1000 // self.people.rate
            arm = CANARY if canary[request] else STABLE
            entry = Entry(int(user[request]) + 1, since, arm, int(kinds[at]), int(bad[request]), moment, 0.0)
            yield Record(moment // 1000, int(self._worker[first + request]), entry)

    def _first_of_each(
        self, user: Indices, bad: NDArray[np.bool_], worker: Indices
    ) -> tuple[Indices, Indices]:
        """Return the places of each user's first request at each worker, and of a first bad one after it."""
        met = user * self.people.workers + worker
        draws = np.unique(met, return_index=True)[1]
        where = np.flatnonzero(bad)
        firsts = where[np.unique(met[where], return_index=True)[1]]
        return draws, np.setdiff1d(firsts, draws)


def _error_rates(people: People, random: Generator) -> NDArray[np.float64]:
    if people.uneven == float("inf"):
        return np.full(people.users, people.base)
    return random.beta(people.base * people.uneven, (1 - people.base) * people.uneven, people.users)
