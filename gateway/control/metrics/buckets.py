"""The tallies' fine histograms as the buckets of /metrics, each with the trace of a request in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from prometheus_client.samples import Exemplar

from gateway.control.status import figures
from gateway.requestlog.exemplars import FIRST
from gateway.statistics.histogram import BUCKETS, upper_bound

OCTAVES = tuple(bucket for bucket in range(BUCKETS) if upper_bound(bucket) in {2**n for n in range(6, 31)})
"""Buckets of a tally after which a bucket of the exposition ends: at 64 µs, 128 µs, … 18 minutes."""


def octave_buckets(octaves: Sequence[int]) -> list[tuple[str, float]]:
    """Return times to first byte as cumulative counts up to bounds in seconds."""
    below = list(accumulate(octaves))
    bounds = [repr(figures.octave_bound(octave) / 1e6) for octave in range(len(octaves) - 1)]
    return [(bound, float(count)) for bound, count in zip([*bounds, "+Inf"], below, strict=True)]


def buckets(histogram: Sequence[int]) -> list[tuple[str, float]]:
    """Return a tally's histogram as cumulative counts up to bounds in seconds."""
    found = [(repr(upper_bound(last) / 1e6), float(sum(histogram[: last + 1]))) for last in OCTAVES]
    return [*found, ("+Inf", float(sum(histogram)))]


def with_exemplars(
    counts: Sequence[tuple[str, float]], traces: Mapping[int, tuple[str, float, float]]
) -> list[tuple[str, float] | tuple[str, float, Exemplar]]:
    """Return buckets, each with the trace of a request in it where there is one.

    An exemplar must lie within its bucket, and a bucket that nothing was counted in yet has none.
    """
    found: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
    below, before = 0.0, 0.0
    for octave, (bound, count) in enumerate(counts, FIRST):
        trace = traces.get(octave)
        fits = trace is not None and below < trace[1] <= float(bound) and count > before
        if trace is not None and fits:
            found.append((bound, count, Exemplar({"trace_id": trace[0]}, trace[1], trace[2])))
        else:
            found.append((bound, count))
        below, before = float(bound), count
    return found
