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


def of_inputs(data: flights.Dataset, matrix: NDArray[np.float64]) -> dict[str, Any]:
    """Count every input of the flights learnt from: categories in their order, numbers between quantiles."""
    counted = {}
    for column, spec in zip(matrix.T, flights.INPUTS, strict=True):
        if spec.name in data.categories:
            counts = np.bincount(column.astype(np.int64), minlength=len(data.categories[spec.name]))
            counted[spec.name] = {"n": len(column), "missing": 0, "counts": counts.tolist()}
        else:
            counted[spec.name] = of_numbers(column)
    return counted


def of_outputs(probability: NDArray[np.float64], threshold: float) -> dict[str, Any]:
    """Count the scores of flights never seen, and what they say of each."""
    late = int((probability >= threshold).sum())
    return {
        "late_probability": of_numbers(np.round(probability, 4)),
        "late": {"n": len(probability), "missing": 0, "counts": [len(probability) - late, late]},
    }


def of_numbers(values: NDArray[np.float64]) -> dict[str, Any]:
    """Count numbers in up to BINS bins of about the same share; a value that is frequent bounds its own bin.

    A bin holds what lies above the edge before it and at or below its own; the first and the last are open.
    """
    distinct = np.unique(values)
    quantiles = np.unique(np.quantile(values, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    lasts = quantiles[quantiles < distinct[-1]]
    following = distinct[np.searchsorted(distinct, lasts) + 1]
    edges = [_shortest(float(last), float(after)) for last, after in zip(lasts, following, strict=True)]
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return {"n": len(values), "missing": 0, "edges": edges, "counts": counts.tolist()}


def _shortest(last: float, following: float) -> int | float:
    """The number with the fewest digits that parts the two: at or above the last, below the one after it."""
    for digits in range(1, 17):
        edge = float(f"{last:.{digits}g}")
        if last <= edge < following:
            return int(edge) if edge == int(edge) else edge
    return last
