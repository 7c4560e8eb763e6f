"""The short ways to a probability give the numbers that `predict_proba` gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from gateway.serving.model_spec import InputSpec, ModelSpec, OutputSpec
from gateway.serving.predictor import predictor_of, probe_rows

SPEC = ModelSpec(
    "small",
    "v1",
    (
        InputSpec("month", "INT64", minimum=1, maximum=12),
        InputSpec("kind", "BYTES", categories=tuple("abcdef")),
        InputSpec("speed", "FP64", minimum=-5, maximum=50),
        InputSpec("load", "FP64"),
    ),
    (OutputSpec("p", "FP64"),),
)


def _rows(count: int, seed: int) -> Any:
    draw = np.random.default_rng(seed)
    columns = [
        draw.integers(1, 13, count),
        draw.integers(0, 6, count),
        draw.uniform(-5, 50, count),
        draw.normal(size=count),
    ]
    return np.column_stack(columns).astype(np.float64)


def _fit(estimator: Any) -> Any:
    rows = _rows(400, 1)
    truth = (rows[:, 2] + 10 * (rows[:, 1] == 2) + 2 * rows[:, 0] + 5 * rows[:, 3] > 40).astype(int)
    return estimator.fit(rows, truth)


def _pipeline(encoder: Any, scaler: Any, remainder: str = "drop") -> Any:
    columns = ColumnTransformer(
        [("one_hot", encoder, [1, 0]), ("scaled", scaler, [3, 2])], remainder=remainder
    )
    return Pipeline([("columns", columns), ("regression", LogisticRegression(max_iter=500))])


def _one_hot(**settings: Any) -> Any:
    return OneHotEncoder(**{"handle_unknown": "ignore", **settings})


SHORT = {
    "regression on one-hot and scaled columns": _pipeline(_one_hot(), StandardScaler()),
    "regression with categories never seen": _pipeline(
        _one_hot(categories=[list(range(6)), list(range(1, 13))]), StandardScaler()
    ),
    "boosted trees": HistGradientBoostingClassifier(max_iter=7, categorical_features=None, random_state=1),
}
ORDINARY = {
    "one-hot without the first category": _pipeline(_one_hot(drop="first"), StandardScaler()),
    "scaled without the mean": _pipeline(_one_hot(), StandardScaler(with_mean=False)),
    "scaled by nothing": _pipeline(_one_hot(), StandardScaler(with_std=False)),
    "rare categories joined": _pipeline(_one_hot(min_frequency=0.15), StandardScaler()),
    "another step": Pipeline([("scaled", StandardScaler()), ("regression", LogisticRegression())]),
    "boosted trees with categories": HistGradientBoostingClassifier(max_iter=7, categorical_features=[1]),
    "bayes": GaussianNB(),
}


def _is_ordinary(predictor: Any) -> bool:
    return bool(predictor.__qualname__.startswith("predictor_of."))


@pytest.mark.parametrize("name", SHORT)
@pytest.mark.parametrize("count", [1, 500])
def test_the_short_way_gives_the_same_numbers(name: str, count: int) -> None:
    """For one row and for many, the short way agrees with the estimator's own to twelve digits."""
    estimator = _fit(SHORT[name])
    predict = predictor_of(estimator, SPEC)
    rows = _rows(count, 2)
    assert not _is_ordinary(predict)
    np.testing.assert_allclose(predict(rows), estimator.predict_proba(rows)[:, 1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ORDINARY)
def test_other_estimators_are_asked_the_ordinary_way(name: str) -> None:
    """An estimator of another shape, or with settings the short way does not know, answers for itself."""
    estimator = _fit(ORDINARY[name])
    predict = predictor_of(estimator, SPEC)
    rows = _rows(200, 3)
    assert _is_ordinary(predict)
    np.testing.assert_array_equal(predict(rows), estimator.predict_proba(rows)[:, 1])


def test_a_short_way_that_disagrees_is_not_taken() -> None:
    """An estimator whose own answer is another one is not outwitted by a look at its parts."""

    class Contrary(HistGradientBoostingClassifier):  # type: ignore[misc]
        def predict_proba(self, rows: Any) -> Any:
            return super().predict_proba(rows)[:, ::-1]

    Contrary.__name__ = "HistGradientBoostingClassifier"
    estimator = _fit(Contrary(max_iter=3, categorical_features=None))
    rows = _rows(20, 4)
    np.testing.assert_array_equal(predictor_of(estimator, SPEC)(rows), estimator.predict_proba(rows)[:, 1])


def test_an_unknown_category_changes_nothing() -> None:
    """A code that the regression never met adds nothing, as with an encoder that ignores it."""
    estimator = _fit(_pipeline(_one_hot(), StandardScaler()))
    row = np.array([[3.0, 77.0, 1.0, 0.5]])
    np.testing.assert_allclose(
        predictor_of(estimator, SPEC)(row), estimator.predict_proba(row)[:, 1], rtol=0, atol=1e-12
    )


def test_the_probe_holds_every_category_and_limit() -> None:
    """Nothing that a valid request can hold as a category, and no limit, escapes the comparison."""
    probe = probe_rows(SPEC)
    assert set(probe[:, 0]) == set(range(1, 13))
    assert set(probe[:, 1]) == set(range(6))
    assert {-5, 50} <= set(probe[:, 2])
    assert np.isfinite(probe).all()
