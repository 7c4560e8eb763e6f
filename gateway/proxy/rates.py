"""How often each key may ask, over all workers: the generic cell rate algorithm in one shared table.

A key has one number, the time at which its allowance is whole again. A request moves that time on by one
interval; where it lies further ahead than the burst allows, the request is refused and nothing moves.

Workers write the table together and wait for no lock. Each looks again just before it writes, but where two
handle one key within the same tenth of a microsecond, one of the two requests may go uncounted; where they
take one slot for two new keys, one of the keys may start anew. So races let a request more through now and
then: one or two percent of a limit that is fought over, a fifth if workers had nothing else to do.
"""

from __future__ import annotations

from gateway.proxy.shared_memory import shared, shared_hash
from gateway.routing.places import Places
from gateway.routing.settings import RateLimit

SLOTS = 1 << 17
WAYS = 4
"""Slots in which a key may be found. Of these a new key takes the one whose allowance has been whole for
longest, or soonest will be: whoever invents keys cannot push out those that are most in debt."""

_SLOT_WORDS = 2  # hash of route and key; nanoseconds of CLOCK_MONOTONIC
_SET_WORDS = WAYS * _SLOT_WORDS
_SETS = SLOTS // WAYS
_FURTHEST = 1 << 62
"""Nanoseconds; no debt is longer, whatever the settings, so that every time fits its word."""
_CLOCKS_DIFFER = 10**9
"""Nanoseconds; another worker may have read the clock that much later and be the first to write."""


class Rates:
    """The table, as one worker sees it."""

    __slots__ = ("_hash", "_words")

    def __init__(self, places: Places) -> None:
        self._hash = shared_hash(places.hash_key)
        self._words = shared(places.rates, SLOTS * _SLOT_WORDS * 8).cast("Q")

    def check(self, route: bytes, key: bytes, limit: RateLimit, now: float) -> float:
        """Count a request of this key and return 0.0, or return the seconds until one would be let through.

        `now` is CLOCK_MONOTONIC in seconds.
        """
        name = self._hash.of(route + b"\0" + key)
        words = self._words
        at = self._slot(name)
        moment = int(now * 1e9)
        interval = -int(-limit.per * 1e9 // limit.requests)  # rounded up: never faster than was set
        before: int = words[at + 1]
        whole = max(moment, before) if words[at] == name else moment
        most = moment + min(limit.burst * interval, _FURTHEST)
        if whole > most + _CLOCKS_DIFFER:
            # The limit was changed: a key owes no more than it could owe under the new one.
            words[at + 1] = before = whole = most
        late = whole - moment - (limit.burst - 1) * interval
        if late > 0:
            return late / 1e9
        if words[at + 1] != before:
            return self.check(route, key, limit, now)  # another worker was faster
        words[at + 1] = whole + interval
        words[at] = name
        return 0.0

    def _slot(self, name: int) -> int:
        """Return where the words of this key are, or those that it may take."""
        words = self._words
        first = name % _SETS * _SET_WORDS
        oldest = first
        for at in range(first, first + _SET_WORDS, _SLOT_WORDS):
            if words[at] == name:
                return at
            if words[at + 1] < words[oldest + 1]:
                oldest = at
        return oldest
