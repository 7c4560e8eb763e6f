"""Where each span of a rollout's evidence begins: all that has to be remembered to count it again.

The workers' ledgers hold the counts, and these starts say how they are divided. So whoever has both arrives
at the same evidence, however often it was looked at and whoever was killed in between.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.rollout.evidence import Counts, Evidence, Span

EPOCH = 600.0
"""Seconds after which a route without keys begins a new span, so that what turned bad late is seen."""
MOST = 64
"""Spans above which neighbours are put together."""

Pair = tuple[Counts, Counts]
"""Stable and canary, in the order of the ledger's arms, with every metric a ledger has."""
NOTHING: Pair = (Counts(0, (0,) * 8), Counts(0, (0,) * 8))
Totals = Mapping[int, Pair]
"""What the plain counters of all workers add up to, for each interval."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of an unchanged division, `since` a revision; `share` is the canary's of the two arms.

    `timed`: it is known what is slow.
    """

    since: int
    step: int
    share: float
    keyed: bool
    timed: bool = True


@dataclass(frozen=True, slots=True)
class Start:
    """The begin of span `number`, or of a further interval in it (`step` and `share` are the same then).

    `at` is in monotonic milliseconds, `base` what the plain counters of the interval said before.
    """

    number: int
    step: int
    since: int
    share: float
    at: int
    base: Pair = NOTHING
    timed: bool = True


@dataclass(frozen=True, slots=True)
class Starts:
    """How one era is divided, with a new span each `epoch` seconds.

    `past` is what earlier eras have shown; its spans stay as they are, and so do its edges. Of ledgers that
    outlived the era before, what they held at `begin` (monotonic milliseconds) is none of this era; `base` is
    what their plain counters said then, for each interval.
    """

    past: Evidence
    era: int = 0
    begin: int = 0
    base: tuple[tuple[int, Pair], ...] = ()
    epoch: float = EPOCH
    starts: tuple[Start, ...] = ()

    @property
    def numbers(self) -> list[int]:
        """The numbers of this era's spans, in order: a span's place is its index here."""
        return list(dict.fromkeys(start.number for start in self.starts))

    def unknown(self, totals: Totals) -> set[int]:
        """Return the intervals that have plain counts in this era and no span yet."""
        known = {start.since for start in self.starts}
        base = dict(self.base)
        return {since for since, pair in totals.items() if since not in known and pair != base.get(since)}


def new_era(past: Evidence, begin: int = 0, totals: Totals | None = None) -> Starts:
    """Return the begin of counting anew after `past`; `totals` are those of ledgers that are not new."""
    era = max((span.era for span in past.spans), default=-1) + 1
    spans = past.spans if len(past.spans) <= MOST // 2 else _put_together(past.spans)
    return Starts(replace(past, spans=spans), era, begin, tuple(sorted((totals or {}).items())))


def opened(found: Starts, interval: Interval, at: int, totals: Totals) -> Starts:
    """Return the starts with a new one, if the interval is new or another span of it is due at `at`."""
    own = [start for start in found.starts if start.since == interval.since]
    if own and not _is_due(found, own[-1], interval, at, totals):
        return found
    base = totals.get(interval.since, NOTHING) if own else dict(found.base).get(interval.since, NOTHING)
    last = found.starts[-1] if found.starts else None
    kind = (interval.step, interval.share, interval.timed)
    if last and not own and (last.step, last.share, last.timed) == kind:
        return _with(found, Start(last.number, last.step, interval.since, last.share, at, base, last.timed))
    if len(found.past.spans) + len(found.numbers) >= MOST:
        found = _halved(found)
    latest = found.starts[-1:] or found.past.spans[-1:]
    number = latest[0].number + 1 if latest else 1
    begun = Start(number, interval.step, interval.since, interval.share, at, base, interval.timed)
    return _with(found, begun)


def plain_counts(found: Starts, totals: Totals) -> list[Pair]:
    """Return what each span of this era had in requests without a key; late ones are in their own."""
    counts = dict.fromkeys(found.numbers, NOTHING)
    ends = dict(totals)
    for start in reversed(found.starts):
        end = ends.get(start.since, start.base)
        counts[start.number] = _plus(counts[start.number], end, start.base)
        ends[start.since] = start.base
    return list(counts.values())


def _is_due(found: Starts, last: Start, interval: Interval, at: int, totals: Totals) -> bool:
    if last.step != interval.step:
        return True
    began = next(start.at for start in found.starts if start.number == last.number)
    has_some = totals.get(interval.since, NOTHING) != last.base
    return not interval.keyed and has_some and at - began >= found.epoch * 1000


def _with(found: Starts, start: Start) -> Starts:
    return replace(found, starts=(*found.starts, start))


def _halved(found: Starts) -> Starts:
    """Put neighbours together: a test may stop to start at a span, and what it has goes on."""
    kinds = {start.number: (start.step, start.share, start.timed) for start in found.starts}
    into = dict(zip(kinds, _pairs(list(kinds.values())), strict=True))
    numbers = list(kinds)
    starts: list[Start] = []
    for start in found.starts:
        moved = replace(start, number=numbers[into[start.number]])
        if not starts or (starts[-1].number, starts[-1].since) != (moved.number, moved.since):
            starts.append(moved)
    fewer = len({start.number for start in starts}) < len(kinds)
    return replace(found, starts=tuple(starts), epoch=found.epoch * 2 if fewer else found.epoch)


def _put_together(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    # A key's first bad events belong to one start each, so spans with keys stay apart.
    kinds = [span.number if span.firsts else (span.era, span.step, span.share, span.timed) for span in spans]
    found: list[Span] = []
    for span, into in zip(spans, _pairs(kinds), strict=True):
        first = spans[into]
        found[-1:] = [_added(found[-1], span)] if first is not span else [*found[-1:], span]
    return tuple(found)


def _pairs(kinds: Sequence[Hashable]) -> list[int]:
    """Return for each place the one it goes to: of two neighbours of a kind, the first.

    The last stays, so that no number is given twice: a start that was dropped had its part of the prior.
    """
    into: list[int] = []
    for place, kind in enumerate(kinds):
        may = 0 < place < len(kinds) - 1
        is_second = may and into[-1] == place - 1 and kinds[place - 1] == kind
        into.append(place - 1 if is_second else place)
    return into


def _added(one: Span, other: Span) -> Span:
    canary, stable = (
        Counts(a.requests + b.requests, _sum(a.bad, b.bad))
        for a, b in ((one.canary, other.canary), (one.stable, other.stable))
    )
    outputs = (_sum(one.outputs[0], other.outputs[0]), _sum(one.outputs[1], other.outputs[1]))
    return replace(one, canary=canary, stable=stable, outputs=outputs)


def _sum(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    padded = (*shorter, *(0,) * (len(longer) - len(shorter)))
    return tuple(a + b for a, b in zip(longer, padded, strict=True))


def _plus(so_far: Pair, end: Pair, base: Pair) -> Pair:
    stable, canary = (
        Counts(
            a.requests + b.requests - c.requests,
            tuple(x + y - z for x, y, z in zip(a.bad, b.bad, c.bad, strict=True)),
        )
        for a, b, c in zip(so_far, end, base, strict=True)
    )
    return stable, canary
