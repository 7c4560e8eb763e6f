"""From the summaries of a window to the values that alerts compare: one function for each group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gateway.statistics.drift import Days, jensen_shannon, psi_excess
from gateway.statistics.histogram import BUCKETS, quantile
from gateway.watching.basis import Basis, Binning
from gateway.watching.decays import Verdict
from gateway.watching.harvests import DAY
from gateway.watching.quality import auc, calibration_error
from gateway.watching.summary import Answers, Histogram, Losses, Predictions, Resources, Truths, Values, total

FAILED = ("server_error", "unavailable", "bad_gateway", "timeout")
"""Outcomes that count as errors."""
MILLISECONDS = 1_000.0
"""Microseconds in one."""

Rows = Sequence[tuple[int, Predictions]]
"""The buckets of a window: when each begins (µs), and what it holds."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One value at a moment; `n` is how many it was made from, None as value: nothing can be said.

    `reference` is what it was in training (or among the first values), None where that is not known.
    `distance` goes with drift: the Jensen-Shannon divergence in bits. `detail` says more, in words.
    """

    name: str
    version: str
    field: str
    value: float | None
    n: int
    reference: float | None = None
    distance: float | None = None
    detail: str = ""


def software(
    version: str, of: Answers, whole: Answers, seconds: float, resources: Resources | None
) -> Iterator[Signal]:
    """Yield what concerns the answers of a version (empty: of none), `whole` being those of its route."""
    failed = sum(of.outcomes.get(outcome, 0) for outcome in FAILED)
    if not version:
        yield Signal("rate", "", "", whole.n / seconds, whole.n)
        yield Signal("errors", "", "", _share(failed, whole.n), whole.n)
        yield Signal("refused", "", "", _share(whole.outcomes.get("refused", 0), whole.n), whole.n)
        return
    yield Signal("rate", version, "", of.n / seconds, of.n)
    yield Signal("errors", version, "", _share(failed, of.n), of.n)
    for name, q in (("latency_p50", 0.5), ("latency_p99", 0.99)):
        yield Signal(name, version, "", _quantile(of.latency, q), sum(of.latency.values()))
    yield Signal("queue_p99", version, "", _quantile(of.queue, 0.99), sum(of.queue.values()))
    yield Signal("fallbacks", version, "", _share(of.fallbacks, of.chosen), of.chosen)
    if resources is not None and resources.samples:
        # Least is about answers; what a process uses is known without any.
        yield Signal("cpu", version, "", resources.cores / resources.samples, max(of.n, 1))
        yield Signal("memory", version, "", resources.memory / resources.samples, max(of.n, 1))


def dropped(losses: Losses) -> Signal:
    """Return the share of records that the log could not take, over all routes."""
    lost = sum(losses.reasons.values())
    return Signal("dropped", "", "", _share(lost, losses.records + lost), losses.records + lost)


def inputs(version: str, rows: Rows, basis: Basis) -> Iterator[Signal]:
    """Yield what concerns the inputs of a version's predictions, given by the buckets of the window."""
    of = total(Predictions, (bucket for _, bucket in rows))
    for binning in basis.inputs:
        values = of.inputs.get(binning.name, Values())
        known = values.n - values.missing
        name = binning.name
        missing = binning.missing if binning.counts else None
        yield Signal("missing", version, name, _share(values.missing, values.n), values.n, missing)
        if binning.scale == "number":
            yield Signal("out_of_range", version, name, _share(values.outside, known), known)
        if binning.is_closed:
            yield Signal("new_categories", version, name, _share(values.unknown, known), known)
        yield _drift("drift", version, binning, [(at, it.inputs.get(name, Values())) for at, it in rows])


def outputs(version: str, rows: Rows, basis: Basis) -> Iterator[Signal]:
    """Yield what concerns the outputs of a version's predictions, given by the buckets of the window."""
    of = total(Predictions, (bucket for _, bucket in rows))
    for binning in basis.outputs:
        values = of.outputs.get(binning.name, Values())
        known = values.n - values.missing
        name = binning.name
        yield Signal("null", version, name, _share(values.missing, values.n), values.n)
        if binning.scale in ("probability", "flag"):
            reference = _reference_positive(binning)
            yield Signal("positive", version, name, _share(values.positive, known), known, reference)
        if binning.scale == "probability":
            yield Signal("confidence", version, name, values.confidence / known if known else None, known)
        outputs_of = [(at, it.outputs.get(name, Values())) for at, it in rows]
        yield _drift("output_drift", version, binning, outputs_of)


def quality(version: str, of: Truths, predictions: int, decay: Verdict | None) -> Iterator[Signal]:
    """Yield what the truth says of a version, and what the detectors of decay do."""
    names: dict[str, Callable[[], float | None]] = {
        "accuracy": lambda: _share(of.right, of.classes),
        "log_loss": lambda: of.log_loss / of.scored if of.scored else None,
        "auc": lambda: auc(of),
        "calibration": lambda: calibration_error(of),
    }
    if predictions:
        yield Signal("labelled", version, "", min(_share(of.n, predictions) or 0.0, 1.0), predictions)
    if of.classes > 0:
        for name, value in names.items():
            yield Signal(name, version, "", value(), of.classes if name == "accuracy" else of.scored)
    if of.numbers > 0:
        yield Signal("mae", version, "", of.absolute / of.numbers, of.numbers)
        yield Signal("rmse", version, "", (max(of.square, 0.0) / of.numbers) ** 0.5, of.numbers)
        yield Signal("bias", version, "", of.error / of.numbers, of.numbers)
    if decay is not None:
        yield Signal("decay", version, "", decay.evidence, decay.n, detail=decay.sentence())


def counts(binning: Binning, bins: Histogram) -> list[int]:
    """Return the count of every bin, in order."""
    return [bins.get(number, 0) for number in range(binning.size)]


def _drift(name: str, version: str, binning: Binning, rows: Sequence[tuple[int, Values]]) -> Signal:
    """Return what lies beyond chance; how clumped predictions come, buckets and training show."""
    found = [counts(binning, values.bins) for _, values in rows]
    now = [sum(place) for place in zip(*found, strict=True)]
    if not binning.counts or not sum(now) or binning.size < 2:
        return Signal(name, version, binning.name, None, sum(now))
    distance = jensen_shannon(binning.counts, now)
    days = _days(binning, [start for start, values in rows if values.bins])
    excess = psi_excess(binning.counts, found, days)
    return Signal(name, version, binning.name, excess, sum(now), 0.0, distance)


def _days(binning: Binning, starts: Sequence[int]) -> Days | None:
    """Return what is known of days, counted from the first bucket: an hour around midnight is one."""
    if not binning.days:
        return None
    return Days(binning.clumping, binning.days, len({(start - starts[0]) // DAY for start in starts}))


def _reference_positive(binning: Binning) -> float | None:
    whole = sum(binning.counts)
    return binning.counts[1] / whole if binning.scale == "flag" and whole else None


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _quantile(histogram: Histogram, q: float) -> float | None:
    found = quantile([histogram.get(bucket, 0) for bucket in range(BUCKETS)], q)
    return None if found is None else found / MILLISECONDS


def by_key(signals: Iterator[Signal]) -> dict[tuple[str, str, str], Signal]:
    """Return signals by name, version and field."""
    return {(signal.name, signal.version, signal.field): signal for signal in signals}
