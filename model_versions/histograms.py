"""Reference histograms of training and of held-out scores, as model.yaml keeps them.

A histogram is all that watching needs to tell drift, so nobody has to carry the training data along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from model_versions import flights

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 15


def of_inputs(data: flights.Dataset, matrix: NDArray[np.float64], days: NDArray[np.int64]) -> dict[str, Any]:
    """Count every input of the flights learnt from: categories in their order, numbers between quantiles.

    `days` tells the days of the flights apart, whatever they are called.
    """
    counted = {}
    for column, spec in zip(matrix.T, flights.INPUTS, strict=True):
        if spec.name in data.categories:
            codes = column.astype(np.int64)
            counted[spec.name] = _entry(codes, days, bins=len(data.categories[spec.name]))
        else:
            counted[spec.name] = of_numbers(column, days)
    return counted


def of_outputs(probability: NDArray[np.float64], days: NDArray[np.int64], threshold: float) -> dict[str, Any]:
    """Count the scores of flights never seen, and what they say of each."""
    late = (probability >= threshold).astype(np.int64)
    return {
        "late_probability": of_numbers(np.round(probability, 4), days),
        "late": _entry(late, days, bins=2),
    }


def of_numbers(values: NDArray[np.float64], days: NDArray[np.int64]) -> dict[str, Any]:
    """Count numbers in up to BINS bins of about the same share; a value that is frequent bounds its own bin.

    A bin holds what lies above the edge before it and at or below its own; the first and the last are open.
    """
    distinct = np.unique(values)
    quantiles = np.unique(np.quantile(values, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    lasts = quantiles[quantiles < distinct[-1]]
    following = distinct[np.searchsorted(distinct, lasts) + 1]
    edges = [_shortest(float(last), float(after)) for last, after in zip(lasts, following, strict=True)]
    return _entry(np.searchsorted(edges, values, side="left"), days, bins=len(edges) + 1, edges=edges)


def _entry(
    places: NDArray[np.int64], days: NDArray[np.int64], *, bins: int, edges: list[int | float] | None = None
) -> dict[str, Any]:
    names, day = np.unique(days, return_inverse=True)
    counts = np.bincount(day * bins + places, minlength=len(names) * bins).reshape(len(names), bins)
    head = {"n": len(places), "days": len(names), "clumping": clumping(counts), "missing": 0}
    return {**head, **({} if edges is None else {"edges": edges}), "counts": counts.sum(axis=0).tolist()}


def clumping(counts: NDArray[np.int64]) -> float:
    """Return how alike the values of one day are, given the count of each bin (columns) on each day (rows).

    It is the intraclass correlation, from the mean design effect 1 + (rows of a day − 1) correlation of the
    bins' shares (Rao & Scott 1981): 0 where days differ by chance alone, 1 where each lies in one bin.
    """
    counts = counts[:, counts.sum(axis=0) > 0]
    sizes, (days, bins) = counts.sum(axis=1), counts.shape
    if days < 2 or bins < 2:
        return 0.0
    n, share = sizes.sum(), counts.sum(axis=0) / sizes.sum()
    squares = ((counts - np.outer(sizes, share)) ** 2).sum(axis=0)
    effect = (squares / share).sum() / n / (bins - 1) * days / (days - 1)
    mean = (sizes**2).sum() / n
    found = (effect - 1) / (mean - 1) if mean > 1 else 0.0
    return round(float(np.clip(found, 0, 1)), 4)


def _shortest(last: float, following: float) -> int | float:
    """The number with the fewest digits that parts the two: at or above the last, below the one after it."""
    for digits in range(1, 17):
        edge = float(f"{last:.{digits}g}")
        if last <= edge < following:
            return int(edge) if edge == int(edge) else edge
    return last
