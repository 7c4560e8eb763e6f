"""What another version of a model answers to recorded inputs, as a document for people and programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.serving.model_spec import ModelSpec
from gateway.whatif.answers import Answers, agreement, differences
from gateway.whatif.predictions import Rows
from gateway.whatif.scores import Judged, gains
from gateway.whatif.segments import segments, standing_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

SEGMENTS = 10
FEWEST_LABELS = 30
ALL = ""
"""Stands for all versions that answered."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Recorded rows and what another version answers to them; `truth` is NaN where it is not known.

    `share` of the recorded predictions were looked at. `batch_ms` are milliseconds for a row among many here,
    `alone_ms` those of single rows; `recorded_ms` are version, requests, median and 99 % of service_ms.
    """

    rows: Rows
    answers: Answers
    truth: NDArray[np.float64]
    share: float
    batch_ms: float
    alone_ms: Sequence[float]
    recorded_ms: Sequence[tuple[str, int, float, float]]


def model_report(spec: ModelSpec, found: Compared, missing: Sequence[int]) -> dict[str, Any]:
    """Return the document; `missing` are revisions that the journal no longer has."""
    rows, recorded = found.rows, found.rows.answers
    parted = segments(spec.inputs, rows.matrix, differences(recorded, found.answers)) if rows.keys else []
    return {
        "name": spec.name,
        "version": spec.version,
        "sample": found.share,
        "seen": rows.seen,
        "given": len(rows.keys),
        "left_out": _left_out(rows),
        "agreement": [
            {"version": version, **asdict(agreement(recorded.where(chosen), found.answers.where(chosen)))}
            for version, chosen in _by_version(rows)
        ],
        "segments": {
            "most": [asdict(one) for one in standing_out(parted)[:SEGMENTS]],
            "all": [asdict(one) for one in parted],
        },
        "latency": _latency(found),
        "quality": _quality(found, recorded),
        "unknown": list(_unknown(found, missing)),
    }


def _by_version(rows: Rows) -> Iterator[tuple[str, Flags]]:
    """Yield all rows, then those of each version where several answered."""
    versions = np.array(rows.versions, dtype=object)
    yield ALL, np.ones(len(versions), dtype=np.bool_)
    names = sorted(set(rows.versions))
    if len(names) > 1:
        yield from ((name, versions == name) for name in names)


def _left_out(rows: Rows) -> dict[str, Any]:
    return {
        "rows": rows.seen - len(rows.keys),
        "unanswered": rows.unanswered,
        "inputs": [
            {"input": name, "why": why, "rows": count} for (name, why), count in rows.reasons.most_common()
        ],
    }


def _latency(found: Compared) -> dict[str, Any]:
    alone = np.quantile(found.alone_ms, [0.5, 0.99]).tolist() if found.alone_ms else [None, None]
    return {
        "here": {"batch_ms": found.batch_ms, "p50_ms": alone[0], "p99_ms": alone[1]},
        "recorded": [
            {"version": version, "requests": count, "p50_ms": p50, "p99_ms": p99}
            for version, count, p50, p99 in found.recorded_ms
        ],
    }


def _quality(found: Compared, recorded: Answers) -> list[dict[str, Any]]:
    """Return how good both are on the rows whose truth is known, for all versions and for each."""
    labelled = np.isin(found.truth, (0.0, 1.0))
    requests = found.rows.requests
    report = []
    for version, chosen in _by_version(found.rows):
        both = labelled & chosen
        if both.sum() < FEWEST_LABELS:
            continue
        first = Judged(recorded.where(both), found.truth[both])
        second = Judged(found.answers.where(both), found.truth[both])
        numbers = np.unique(requests[both], return_inverse=True)[1]
        report.append(
            {
                "version": version,
                "rows": int(both.sum()),
                "truth": float(found.truth[both].mean()),
                "recorded": first.scores(),
                "here": second.scores(),
                "gain": {name: asdict(gain) for name, gain in gains(first, second, numbers).items()},
            }
        )
    return report


def _unknown(found: Compared, missing: Sequence[int]) -> Iterator[str]:
    """Yield what the numbers do not show."""
    known = found.truth[~np.isnan(found.truth)]
    binary = int(np.isin(known, (0.0, 1.0)).sum())
    if found.share < 1:
        yield f"a sample of about {found.share:.1%} by the requests' id was compared; more with --limit"
    if binary < len(known):
        yield f"{len(known) - binary:,} labels are left out that are neither 0 nor 1"
    if not len(known):
        yield "no label of these rows is known, so neither is who is right; see: gateway labels import --help"
    elif binary < FEWEST_LABELS:
        yield f"{binary} labels are too few to say which version is right; it takes {FEWEST_LABELS}"
    if missing:
        yield (
            "the journal no longer has the revisions that some rows are of, so whether a filter coarsened "
            "them is not known; they are taken as they are"
        )
    yield (
        "latency here is without network, queue and the load of others: it is only indicative; compare it "
        "with that of another version here"
    )
