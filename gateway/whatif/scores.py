"""How good probabilities are where the truth is known, and how sure a difference of two versions is.

The measures are those of the view `quality`. Their differences are bootstrapped in pairs: each resample draws
requests with all their rows, and the same ones for both versions, so what makes a request hard for both
cancels out. The seed is fixed: the same question has the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.whatif.answers import Answers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BINS, TENTHS = 1000, 10
LEAST_PROBABILITY = 1e-6
"""What a probability is taken for at least, lest one sure mistake makes a loss infinite."""
SEED = 1
CONFIDENCE = 0.95
FEWEST_RESAMPLES, MOST_RESAMPLES, WORK = 200, 1000, 50_000_000
MEASURES = ("accuracy", "log_loss", "brier", "auc", "calibration")
HIGHER_IS_BETTER = frozenset({"accuracy", "auc"})

Scores = dict[str, float | None]
"""By the names of `MEASURES`; None where it cannot be said, as AUC where all truths are the same."""


@dataclass(frozen=True, slots=True)
class Gain:
    """A measure of the second version minus that of the first, between `low` and `high` with 95 %.

    `verdict`: better, worse, the same where nothing differs, or unclear where the interval has zero in it.
    """

    value: float
    low: float
    high: float
    verdict: str


class Judged:
    """The answers of one version beside the truth, prepared to be weighted again and again."""

    __slots__ = ("_bins", "_hits", "_loss", "_p", "_squares", "_tenths", "_truth")

    def __init__(self, answers: Answers, truth: Floats) -> None:
        """`truth` is 0 or 1."""
        self._truth = truth
        self._hits = (answers.yes == (truth == 1)).astype(np.float64)
        p = answers.p if answers.has_p else np.empty(0)
        self._p = p
        if len(p):
            self._bins = np.minimum((p * BINS).astype(np.intp), BINS - 1)
            self._tenths = self._bins * TENTHS // BINS
            self._loss = -np.log(np.maximum(np.where(truth == 1, p, 1 - p), LEAST_PROBABILITY))
            self._squares = (p - truth) ** 2

    def scores(self, weights: Floats | None = None) -> Scores:
        """Return every measure; `weights` are how often each row counts."""
        w = np.ones(len(self._truth)) if weights is None else weights
        total = float(w.sum())
        found: Scores = dict.fromkeys(MEASURES)
        if not total:
            return found
        found["accuracy"] = float(w @ self._hits) / total
        if len(self._p):
            found["log_loss"] = float(w @ self._loss) / total
            found["brier"] = float(w @ self._squares) / total
            found["auc"] = self._auc(w)
            found["calibration"] = self._calibration(w) / total
        return found

    def _auc(self, w: Floats) -> float | None:
        """Return the area under the ROC curve; within one of 1,000 bins counts as a tie."""
        positive = np.bincount(self._bins, w * self._truth, BINS)
        negative = np.bincount(self._bins, w * (1 - self._truth), BINS)
        both = float(positive.sum() * negative.sum())
        below = np.cumsum(negative) - negative
        return float(positive @ (below + negative / 2)) / both if both else None

    def _calibration(self, w: Floats) -> float:
        off = np.bincount(self._tenths, w * (self._p - self._truth), TENTHS)
        return float(np.abs(off).sum())


def gains(first: Judged, second: Judged, requests: NDArray[np.intp]) -> dict[str, Gain]:
    """Return what the second gains over the first; `requests` numbers the request of each row from 0."""
    before, after = first.scores(), second.scores()
    known = [name for name in MEASURES if before[name] is not None and after[name] is not None]
    drawn: dict[str, list[float]] = {name: [] for name in known}
    dice = np.random.default_rng(SEED)
    count = int(requests.max()) + 1 if len(requests) else 0
    for _ in range(_resamples(len(requests)) if known else 0):
        often = np.bincount(dice.integers(0, count, count), minlength=count)
        weights = often[requests].astype(np.float64)
        one, other = first.scores(weights), second.scores(weights)
        for name in known:
            if (a := one[name]) is not None and (b := other[name]) is not None:
                drawn[name].append(b - a)
    return {name: _gain(name, before[name], after[name], drawn[name]) for name in known if drawn[name]}


def _resamples(rows: int) -> int:
    return min(MOST_RESAMPLES, max(FEWEST_RESAMPLES, WORK // max(rows, 1)))


def _gain(name: str, before: float | None, after: float | None, drawn: list[float]) -> Gain:
    assert before is not None
    assert after is not None
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]).tolist()
    up, down = ("better", "worse") if name in HIGHER_IS_BETTER else ("worse", "better")
    verdict = up if low > 0 else down if high < 0 else "the same" if low == high else "unclear"
    return Gain(after - before, float(low), float(high), verdict)
