"""How often a model was right. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def accuracy(probabilities: Sequence[float], truths: Sequence[bool], threshold: float = 0.5) -> float:
    """Return the share of answers on the right side of `threshold`."""
    right = sum((p >= threshold) == truth for p, truth in zip(probabilities, truths, strict=True))
    return right / len(truths)


def auc(probabilities: Sequence[float], truths: Sequence[bool]) -> float | None:
    """Return the chance that a late flight is ranked above a punctual one; None without one of each kind.

    Ties count half, by the mean rank of equal probabilities (Mann and Whitney's U).
    """
    late = sum(truths)
    punctual = len(truths) - late
    if not late or not punctual:
        return None
    order = sorted(range(len(truths)), key=probabilities.__getitem__)
    rank_sum, start = 0.0, 0
    while start < len(order):
        end = start
        while end < len(order) and probabilities[order[end]] == probabilities[order[start]]:
            end += 1
        mean_rank = (start + 1 + end) / 2
        rank_sum += mean_rank * sum(truths[i] for i in order[start:end])
        start = end
    return (rank_sum - late * (late + 1) / 2) / (late * punctual)
