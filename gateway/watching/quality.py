"""How good predictions were, from scores counted beside their truth."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.watching.summary import SCORE_BINS, Histogram, Truths

CALIBRATION_BINS = 10


def auc(truths: Truths) -> float | None:
    """Return the area under the ROC curve, scores of one bin counting as equal; None without both classes."""
    positives, negatives = sum(truths.positives.values()), sum(truths.negatives.values())
    if not positives or not negatives:
        return None
    below, area = 0, 0.0
    for score in range(SCORE_BINS):
        lost = truths.negatives.get(score, 0)
        area += truths.positives.get(score, 0) * (below + lost / 2)
        below += lost
    return area / (positives * negatives)


def calibration_error(truths: Truths) -> float | None:
    """Return the expected calibration error: |share of positives - score| by bins of score, weighed by n."""
    whole = sum(truths.positives.values()) + sum(truths.negatives.values())
    if not whole:
        return None
    return sum(abs(positives - score) for positives, score in _bins(truths)) / whole


def _bins(truths: Truths) -> Iterator[tuple[float, float]]:
    """Yield the positives and the sum of scores of each calibration bin."""
    width = SCORE_BINS // CALIBRATION_BINS
    for first in range(0, SCORE_BINS, width):
        bins = range(first, first + width)
        counts = [_at(truths.positives, bin_) + _at(truths.negatives, bin_) for bin_ in bins]
        middles = [(bin_ + 0.5) / SCORE_BINS for bin_ in bins]
        score = sum(count * middle for count, middle in zip(counts, middles, strict=True))
        yield sum(_at(truths.positives, bin_) for bin_ in bins), score


def _at(histogram: Histogram, bin_: int) -> int:
    return histogram.get(bin_, 0)
