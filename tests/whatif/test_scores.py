"""How good two versions are on the same rows, and how sure the difference is."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.label_lines import Label
from gateway.requestlog.labels import LabelStore
from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import LabelPolicy, LogPolicy
from gateway.requestlog.secrets import Secrets
from gateway.whatif.answers import Answers
from gateway.whatif.scores import MEASURES, Judged, gains
from tests.requestlog.lake_log import record, segment

RANKED = ("accuracy", "log_loss", "brier", "auc")
"""What a version that tells more is better at; it may still be less well calibrated."""

rows = st.lists(st.tuples(st.integers(0, 1000), st.booleans()), min_size=1, max_size=40)


def judged(p: list[float], truth: list[float]) -> Judged:
    """Return the answers of a version beside the truth."""
    found = np.array(p, dtype=np.float64)
    return Judged(Answers(found, found >= 0.5), np.array(truth, dtype=np.float64))


@given(rows)
def test_measures_are_what_their_definitions_say(pairs: list[tuple[int, bool]]) -> None:
    """The area under the curve is the chance that a positive row has more than a negative one."""
    p, y = [n / 1000 for n, _ in pairs], [float(truth) for _, truth in pairs]
    found = judged(p, y).scores()
    assert found["accuracy"] == pytest.approx(
        sum((a >= 0.5) == (b == 1) for a, b in zip(p, y, strict=True)) / len(p)
    )
    assert found["brier"] == pytest.approx(sum((a - b) ** 2 for a, b in zip(p, y, strict=True)) / len(p))
    places = [min(int(a * 1000), 999) for a in p]
    won = [
        (a > b) + (a == b) / 2
        for a, up in zip(places, y, strict=True)
        for b, down in zip(places, y, strict=True)
        if up == 1 and down == 0
    ]
    assert found["auc"] == (pytest.approx(sum(won) / len(won)) if won else None)
    assert 0 <= (found["calibration"] or 0) <= 1
    assert (found["log_loss"] or 0) <= -math.log(1e-6) + 1e-9


@given(rows, st.integers(1, 5))
def test_a_row_that_counts_often_counts_like_as_many_rows(pairs: list[tuple[int, bool]], often: int) -> None:
    """So a resample is what it stands for."""
    p, y = [n / 1000 for n, _ in pairs], [float(truth) for _, truth in pairs]
    weights = np.array([often if n % 2 else 1 for n in range(len(p))], dtype=np.float64)
    repeated = [n for n in range(len(p)) for _ in range(int(weights[n]))]
    found = judged(p, y).scores(weights)
    expected = judged([p[n] for n in repeated], [y[n] for n in repeated]).scores()
    for name in MEASURES:
        assert found[name] == (None if expected[name] is None else pytest.approx(expected[name]))


def test_scores_are_those_of_the_view_quality(tmp_path: Path) -> None:
    """The same question has the same answer in SQL."""
    dice = np.random.default_rng(3)
    p, y = dice.uniform(0, 1, 200).round(4).tolist(), (dice.uniform(0, 1, 200) < 0.4).astype(float).tolist()
    places = LogPlaces(tmp_path)
    segment(places, 0, [record(n, outputs={"chance": [value]}) for n, value in enumerate(p)])
    store = LabelStore(places, Secrets(bytes(32)), {"late": LogPolicy()})
    store.append(
        [Label(f"{n:032x}", 0, "", "", label=str(int(value)), value=value) for n, value in enumerate(y)]
    )
    with connect(places, policies={"late": LabelPolicy(output="chance")}) as lake:
        row = lake.execute("SELECT accuracy, log_loss, brier, auc, calibration FROM quality").fetchone()
    found = judged(p, y).scores()
    assert row == pytest.approx(tuple(found[name] for name in MEASURES))


def test_a_better_version_is_found_and_none_is_invented() -> None:
    """With 1,000 rows; a version beside itself is the same, one of other noise is unclear."""
    dice = np.random.default_rng(4)
    truth = (dice.uniform(0, 1, 1000) < 0.5).astype(np.float64)
    good = np.clip(0.5 + (truth - 0.5) * 0.5 + dice.normal(0, 0.1, 1000), 0, 1)
    noise, other = (dice.uniform(0.3, 0.7, 1000) for _ in range(2))
    numbers = np.arange(1000)
    y = truth.tolist()
    better = gains(judged(noise.tolist(), y), judged(good.tolist(), y), numbers)
    assert {better[name].verdict for name in RANKED} == {"better"}
    assert better["auc"].low < better["auc"].value < better["auc"].high
    worse = gains(judged(good.tolist(), y), judged(noise.tolist(), y), numbers)
    assert {worse[name].verdict for name in RANKED} == {"worse"}
    same = gains(judged(good.tolist(), y), judged(good.tolist(), y), numbers)
    assert {gain.verdict for gain in same.values()} == {"the same"}
    assert gains(judged(noise.tolist(), y), judged(other.tolist(), y), numbers)["auc"].verdict == "unclear"


def test_intervals_hold_what_they_promise() -> None:
    """Two versions of equal worth: zero is outside in about one of twenty trials."""
    dice = np.random.default_rng(5)
    outside = 0
    for _ in range(40):
        truth = (dice.uniform(0, 1, 300) < 0.5).astype(np.float64)
        one, other = (np.clip(truth * 0.3 + dice.uniform(0, 0.7, 300), 0, 1) for _ in range(2))
        found = gains(
            judged(one.tolist(), truth.tolist()), judged(other.tolist(), truth.tolist()), np.arange(300)
        )
        outside += found["brier"].verdict != "unclear"
    assert outside <= 6


def test_rows_of_one_request_are_drawn_together() -> None:
    """A hundred copies of five requests say no more than the five."""
    dice = np.random.default_rng(6)
    truth = np.array([0.0, 1, 1, 0, 1])
    one, other = dice.uniform(0, 1, 5), dice.uniform(0, 1, 5)
    few = gains(judged(one.tolist(), truth.tolist()), judged(other.tolist(), truth.tolist()), np.arange(5))
    many = gains(
        judged(np.repeat(one, 100).tolist(), np.repeat(truth, 100).tolist()),
        judged(np.repeat(other, 100).tolist(), np.repeat(truth, 100).tolist()),
        np.repeat(np.arange(5), 100),
    )
    assert many["brier"].high - many["brier"].low == pytest.approx(
        few["brier"].high - few["brier"].low, rel=0.2
    )
