"""AUC and calibration from counts of scores."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.watching.quality import auc, calibration_error
from gateway.watching.summary import SCORE_BINS, Truths

PAIRS = st.lists(st.tuples(st.integers(0, SCORE_BINS - 1), st.booleans()), min_size=2, max_size=80)


def of(pairs: list[tuple[int, bool]]) -> Truths:
    """Return the counts of scores (by bin) and truths."""
    positives: dict[int, int] = {}
    negatives: dict[int, int] = {}
    for bin_, is_true in pairs:
        side = positives if is_true else negatives
        side[bin_] = side.get(bin_, 0) + 1
    return Truths(positives=positives, negatives=negatives)


@given(PAIRS)
def test_auc_is_the_share_of_pairs_in_the_right_order(pairs: list[tuple[int, bool]]) -> None:
    """Ties count a half; with one class alone there is none."""
    trues = [bin_ for bin_, is_true in pairs if is_true]
    falses = [bin_ for bin_, is_true in pairs if not is_true]
    found = auc(of(pairs))
    if not trues or not falses:
        assert found is None
    else:
        right = sum((a > b) + (a == b) / 2 for a in trues for b in falses)
        assert found == pytest.approx(right / len(trues) / len(falses))


def test_calibration_is_the_distance_of_claim_and_truth() -> None:
    """Scores of 0.9 that come true half the time are off by 0.4; those that hold are not off."""
    assert calibration_error(of([(180, True), (180, False)])) == pytest.approx(0.4, abs=0.003)
    assert calibration_error(of([(100, True), (100, False)])) == pytest.approx(0.0, abs=0.003)
    assert calibration_error(Truths()) is None
