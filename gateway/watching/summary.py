"""What is kept of a stretch of time: counts and sums that can be added up, never single records.

The sum of two summaries of one kind is the summary of both stretches together, whatever was added first. So
minutes become hours, late labels join their minute, and a window is the sum of its buckets.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache, reduce
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

Histogram = Mapping[int, int]
"""Counts by bin; bins without any are left out."""

SCORE_BINS = 200
"""Bins of equal width that scores (probabilities) are counted in beside their truth."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers of one version; with the version empty, those that no version gave.

    `latency` and `queue` are in the buckets of `gateway.statistics.histogram`. `chosen` are the requests that
    the split chose this version for, `fallbacks` those of them that another one answered.
    """

    n: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    latency: Histogram = field(default_factory=dict)
    queue: Histogram = field(default_factory=dict)
    chosen: int = 0
    fallbacks: int = 0


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one input or output: of `n` predictions, `missing` had none (or null, or no number).

    `outside` lay outside the declared range, `unknown` are categories that training never saw, `positive` lie
    at or above the threshold, `confidence` is the sum of max(p, 1 - p). `bins` are those of the reference.
    """

    n: int = 0
    missing: int = 0
    outside: int = 0
    unknown: int = 0
    positive: int = 0
    confidence: float = 0.0
    bins: Histogram = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Predictions:
    """What one version was asked and what it answered, per field."""

    n: int = 0
    inputs: Mapping[str, Values] = field(default_factory=dict)
    outputs: Mapping[str, Values] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Truths:
    """Predictions whose truth is known: sums of losses, and scores counted beside their truth.

    `classes` of the `n` are predictions of a class; `scored` of those have a probability, with `log_loss`,
    `brier` and `expected`, the Brier score that the probabilities themselves expect. `numbers` are
    predictions of a number, with `error` (prediction minus truth), `absolute` and `square`. `negatives` and
    `positives` count scores by bin. What is none of these was null.
    """

    n: int = 0
    classes: int = 0
    scored: int = 0
    numbers: int = 0
    right: int = 0
    log_loss: float = 0.0
    brier: float = 0.0
    expected: float = 0.0
    error: float = 0.0
    absolute: float = 0.0
    square: float = 0.0
    negatives: Histogram = field(default_factory=dict)
    positives: Histogram = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resources:
    """What a version's replicas used: sums over `samples` of cores and bytes."""

    samples: int = 0
    cores: float = 0.0
    memory: float = 0.0


@dataclass(frozen=True, slots=True)
class Losses:
    """Records of all routes that the log has, and those it could not take, by reason."""

    records: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)


Summary = Answers | Predictions | Truths | Resources | Losses
S = TypeVar("S", Answers, Predictions, Truths, Resources, Losses)
KINDS: dict[str, type[Summary]] = {
    "answers": Answers,
    "predictions": Predictions,
    "truths": Truths,
    "days": Truths,
    "resources": Resources,
    "losses": Losses,
}
"""The summaries there are, by what the store calls them; `days` are labels no detector was told of yet."""


def merged(first: S, second: S) -> S:
    """Return the summary of both together."""
    return _sum(first, second)  # type: ignore[no-any-return]


def added(first: Summary, second: Summary) -> Summary:
    """Return the summary of both together, which are of one kind."""
    return _sum(first, second)  # type: ignore[no-any-return]


def total(kind: type[S], summaries: Iterable[S]) -> S:
    """Return the summary of all together; of none: one of nothing."""
    return reduce(merged, summaries, kind())


def _sum(first: Any, second: Any) -> Any:
    if is_dataclass(first):
        kind: Any = type(first)
        return kind(*(_sum(getattr(first, name), getattr(second, name)) for name in _names(kind)))
    if isinstance(first, Mapping):
        found = dict(first)
        for key, value in second.items():
            found[key] = _sum(found[key], value) if key in found else value
        return found
    return first + second


def _kind(summary: Any) -> Any:
    return type(summary)


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cast(Any, kind)))


def to_document(summary: Any) -> dict[str, Any]:
    """Return a summary as plain JSON values; what is 0 or empty is left out."""
    return {name: _plain(value) for name in _names(_kind(summary)) if (value := getattr(summary, name))}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return to_document(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def from_document(kind: type[S], document: Mapping[str, Any]) -> S:
    """Return the summary that `to_document` made; raises ValueError where it cannot be one."""
    try:
        return _made(kind, document)  # type: ignore[no-any-return]
    except (TypeError, AttributeError, KeyError) as error:
        raise ValueError(f"this is no summary of {kind.__name__.lower()}: {error}") from error


def _made(kind: Any, document: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    return kind(**{name: _read(hints[name], value) for name, value in document.items()})


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(hint: Any, value: Any) -> Any:
    if is_dataclass(hint):
        return _made(hint, value)
    if get_origin(hint) is None:
        return hint(value)
    key, item = get_args(hint)
    return {key(name): _read(item, found) for name, found in value.items()}
