"""From spans of evidence to the chains that the tests multiply: what may follow what, and what may not."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.rollout.evidence import Counts, Span
from gateway.statistics.sequential import Chain, Entry

_FIRST = 0.9

Group = tuple[float, tuple[Span, ...]]
"""A prior weight and spans whose draws are independent of each other."""


def bad_of(counts: Counts, metric: int) -> int:
    """Return how many requests were bad for a metric; one that was not counted yet has none."""
    return counts.bad[metric] if metric < len(counts.bad) else 0


def requests_of(spans: Sequence[Span]) -> tuple[int, int]:
    """Return the requests of the canary and of stable."""
    return sum([span.canary.requests for span in spans]), sum([span.stable.requests for span in spans])


def bad_events(spans: Sequence[Span], metric: int) -> tuple[int, int]:
    """Return the bad requests of the canary and of stable."""
    return sum([bad_of(span.canary, metric) for span in spans]), sum(
        [bad_of(span.stable, metric) for span in spans]
    )


def starting_anywhere(spans: Sequence[Span], metric: int) -> tuple[list[Chain], float]:
    """Return the chains of the test that takes a version back, and the prior weight of starts to come.

    Without keys it is one chain that starts weigh into. With keys each start has its own, since which bad
    event was a key's first depends on it; it ends where keys cannot be told apart any more (another era), and
    where the canary's share falls (see `gateway.statistics.sequential`).
    """
    rest = 1.0 / (max(spans[-1].number, 1) + 1) if spans else 1.0
    if not has_keys(spans):
        return [tuple([(_prior(span), *_draws(span, metric)) for span in spans])], rest
    chains: list[Chain] = []
    for place, span in enumerate(spans):
        if span.firsts or not _follows(spans, place):
            chains.append(starting_at(spans, place, metric) if span.firsts else (_start(span, metric),))
        else:  # without keys: a further start within the chain that is under way
            chains[-1] = (*chains[-1], _start(span, metric))
    return chains, rest


def starting_at(spans: Sequence[Span], start: int, metric: int) -> Chain:
    """Return the chain of one start alone, with its prior weight."""
    entries: list[Entry] = []
    for place in range(start, len(spans)):
        span, back = spans[place], place - start
        if back and (not _follows(spans, place) or (span.firsts and back >= len(span.firsts))):
            break
        share, canary, stable = _draws(span, metric)
        if span.firsts:
            firsts = span.firsts[-1 - back]
            canary, stable = _at(firsts[0], metric), _at(firsts[1], metric)
        entries.append((0.0 if back else _prior(span), share, canary, stable))
    return tuple(entries)


def heads(spans: Sequence[Span], metric: int) -> list[Chain]:
    """Return the chains that lie side by side and hold each event once: those of each first start."""
    return [starting_at(spans, place, metric) for place in range(len(spans)) if not _follows(spans, place)]


def _start(span: Span, metric: int) -> Entry:
    return (_prior(span), *_draws(span, metric))


def _follows(spans: Sequence[Span], place: int) -> bool:
    """Tell whether a chain may go on from the span before into this one."""
    if not place:
        return False
    before, span = spans[place - 1], spans[place]
    if not before.firsts and not span.firsts:
        return True
    keyed = bool(before.firsts) and bool(span.firsts)
    return keyed and before.era == span.era and before.share <= span.share


def independent(spans: Sequence[Span]) -> tuple[list[Group], float]:
    """Return groups of spans whose draws are independent, with prior weights, and the weight left over.

    Requests without keys all are. A key draws once in every span, and one that always fails does so in each:
    so with keys no span adds to another. Nearly all of the weight is on the first, as a step seldom has more.
    """
    return weighted([(span,) for span in spans] if has_keys(spans) else [tuple(spans)] if spans else [])


def weighted(groups: Sequence[tuple[Span, ...]]) -> tuple[list[Group], float]:
    """Return groups with prior weights, and the weight left over: all of it for one that stays alone."""
    if len(groups) == 1 and not has_keys(groups[0]):
        return [(1.0, groups[0])], 0.0
    left = 1.0
    found: list[Group] = []
    for spans in groups:
        found.append((left * _FIRST, spans))
        left *= 1.0 - _FIRST
    return found, left


def drawn(group: Group, metric: int) -> Chain:
    """Return one chain over the draws of independent spans, started once."""
    weight, spans = group
    entries = [(0.0, *_draws(span, metric)) for span in spans]
    return ((weight, *entries[0][1:]), *entries[1:])


def has_keys(spans: Sequence[Span]) -> bool:
    """Tell whether bad events are counted once per key."""
    return any(span.firsts for span in spans)


def relative_risk(spans: Sequence[Span], metric: int) -> float | None:
    """Return how many times as often the canary's requests are bad, compared span by span.

    The estimate of Mantel & Haenszel (1959): in one span the ratio of the rates, and over several not misled
    by an incident in one of them. With keys, each key's first bad event and the shares instead of requests.
    None where stable shows no bad request to compare with.
    """
    above = below = 0.0
    if has_keys(spans):
        for _, share, canary, stable in [entry for chain in heads(spans, metric) for entry in chain]:
            above += canary * (1.0 - share)
            below += stable * share
        return above / below if below else None
    for span in spans:
        total = span.canary.requests + span.stable.requests
        if total:
            above += bad_of(span.canary, metric) * span.stable.requests / total
            below += bad_of(span.stable, metric) * span.canary.requests / total
    return above / below if below else None


def _draws(span: Span, metric: int) -> tuple[float, int, int]:
    return span.share, bad_of(span.canary, metric), bad_of(span.stable, metric)


def _prior(span: Span) -> float:
    # By number, not by place: where spans were put together, a start that is no more takes its weight along.
    number = max(span.number, 1)
    return 1.0 / (number * (number + 1))


def _at(counts: tuple[int, ...], metric: int) -> int:
    return counts[metric] if metric < len(counts) else 0
