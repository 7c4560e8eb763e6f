"""From what the workers counted to evidence: the same numbers, whoever looked when. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.monitoring.ledger_layout import BAD, CANARY, DRAW, METRICS, OUTPUT, STABLE
from gateway.monitoring.ledger_lines import Counter, Entry
from gateway.rollout.bins import OutputBins
from gateway.rollout.evidence import Counts, Evidence, Firsts, Span
from gateway.rollout.keys import KeyCounts
from gateway.rollout.starts import NOTHING, Interval, Pair, Start, Starts, plain_counts
from gateway.routing.plan import Route


def interval_of(route: Route, rollout: int) -> Interval | None:
    """Return the interval that a route is in; None where that is no part of the rollout."""
    progress = route.progress
    if progress is None or progress.id != rollout or not progress.is_active:
        return None
    weights = dict(route.weights)
    canary, stable = weights.get(progress.canary, 0), weights.get(progress.stable, 0)
    if not canary + stable:
        return None
    share, keyed = canary / (canary + stable), route.sticky is not None
    return Interval(route.since, progress.step, share, keyed, bool(progress.thresholds))


def added_up(counters: Iterable[Counter]) -> dict[int, Pair]:
    """Return the plain counters of all workers, for each interval those of stable and canary."""
    found: dict[int, Pair] = {}
    for counter in counters:
        stable, canary = found.get(counter.since, NOTHING)
        if counter.arm == CANARY:
            canary = _more(canary, counter)
        else:
            stable = _more(stable, counter)
        found[counter.since] = stable, canary
    return found


class Gathering:
    """The entries of one era, fed in the order of time and divided as `starts` says."""

    __slots__ = ("_bins", "_intervals", "_keys", "_starts")

    def __init__(self, starts: Starts) -> None:
        self._keys = KeyCounts()
        self._bins = OutputBins(starts.past.edges)
        self._intervals: dict[int, list[tuple[int, int]]] = {}
        self._starts = starts
        self._follow(starts)

    def goes_on(self, starts: Starts) -> bool:
        """Go on with further starts; False where spans were put together: then all has to be fed again."""
        if self._starts.starts != starts.starts[: len(self._starts.starts)]:
            return False
        if starts is not self._starts:
            self._follow(starts)
        return True

    def feed(self, entry: Entry, at: int) -> bool:
        """Count an entry as of `at` (monotonic milliseconds); False where its interval is not known."""
        if at < self._starts.begin:
            return True
        starts = self._intervals.get(entry.since)
        if starts is None:
            return False
        place = next((place for begin, place in reversed(starts) if begin <= at), starts[0][1])
        if entry.kind == DRAW:
            self._keys.draw(place, entry.key, entry.arm, entry.bits)
        if entry.kind in (DRAW, BAD):
            self._keys.bad(place, entry.key, entry.arm, entry.bits)
        elif entry.kind == OUTPUT:
            self._bins.note(place, entry.key, entry.arm, entry.value)
        return True

    def evidence(self, totals: dict[int, Pair], metrics: int, keyed: bool) -> Evidence:
        """Return all evidence, that of earlier eras first; `metrics` is how many are judged."""
        firsts: dict[int, Start] = {}
        for start in self._starts.starts:
            firsts.setdefault(start.number, start)
        plain = plain_counts(self._starts, totals)
        spans = (
            self._span(place, start, plain[place], metrics, keyed)
            for place, start in enumerate(firsts.values())
        )
        past = self._starts.past
        return Evidence(past.id, (*past.spans, *spans), self._bins.edges)

    def _follow(self, starts: Starts) -> None:
        self._starts = starts
        places = {number: place for place, number in enumerate(starts.numbers)}
        self._keys.grow(len(places))
        self._intervals.clear()
        for start in starts.starts:
            self._intervals.setdefault(start.since, []).append((start.at, places[start.number]))

    def _span(self, place: int, start: Start, plain: Pair, metrics: int, keyed: bool) -> Span:
        draws = self._keys.draws[place]
        canary, stable = _with_plain(self._keys.bad_draws[place], plain, metrics)
        firsts = [_with_plain(found, plain, metrics) for found in self._keys.firsts[place]] if keyed else []
        no_outputs: tuple[list[int], list[int]] = ([], [])
        outputs = self._bins.counts.get(place, no_outputs)
        return Span(
            number=start.number,
            era=self._starts.era,
            step=start.step,
            since=start.since,
            share=start.share,
            canary=Counts(draws[CANARY] + plain[CANARY].requests, canary),
            stable=Counts(draws[STABLE] + plain[STABLE].requests, stable),
            firsts=tuple(firsts),
            outputs=(tuple(outputs[CANARY]), tuple(outputs[STABLE])),
            timed=start.timed,
        )


def _with_plain(found: list[list[int]], plain: Pair, metrics: int) -> Firsts:
    canary, stable = (
        tuple(own + other for own, other in zip(found[arm], plain[arm].bad, strict=True))[:metrics]
        for arm in (CANARY, STABLE)
    )
    return canary, stable


def _more(counts: Counts, counter: Counter) -> Counts:
    bad = (a + b for a, b in zip(counts.bad, counter.bad[:METRICS], strict=True))
    return Counts(counts.requests + counter.draws, tuple(bad))
