"""Asking a fitted classifier for probabilities without paying for checks that were made already.

For one row, scikit-learn spends far more time on validating and on shuffling columns than on arithmetic:
1.4 ms for the regression pipeline of v1, 160 µs for the trees of v2. The rows that come here are checked
float64 matrices, so two shapes of estimator get a shorter way to the same numbers. A short way is taken only
when it agrees with `predict_proba` on rows that hold every category and every limit of the model's inputs;
every other classifier is asked by `predict_proba`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn
from scipy.special import expit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.serving.model_spec import InputSpec, ModelSpec

    Matrix = NDArray[np.float64]
    Predictor = Callable[[Matrix], Matrix]

AGREEMENT = 1e-9


def predictor_of(estimator: Any, model: ModelSpec) -> Predictor:
    """The quickest function from rows to the probability of the second class that is known to be right."""

    def ordinary(matrix: Matrix) -> Matrix:
        with sklearn.config_context(assume_finite=True):
            return np.asarray(estimator.predict_proba(matrix)[:, 1], dtype=np.float64)

    build = {"Pipeline": _additive, "HistGradientBoostingClassifier": _boosted}.get(type(estimator).__name__)
    probe = probe_rows(model)
    try:
        short = build(estimator) if build else None
        if short is not None and np.allclose(short(probe), ordinary(probe), rtol=0, atol=AGREEMENT):
            return short
    except (AttributeError, IndexError, TypeError, ValueError):
        pass  # settings not foreseen here: asked the ordinary way, the estimator answers or says why not
    return ordinary


def probe_rows(model: ModelSpec) -> Matrix:
    """Rows in which every category and every finite limit of every input occurs at least once."""
    values = [_values_to_probe(spec) for spec in model.inputs]
    rows = max(map(len, values))
    return np.array(
        [[column[row % len(column)] for column in values] for row in range(rows)], dtype=np.float64
    )


def _values_to_probe(spec: InputSpec) -> list[float]:
    if spec.categories:
        return [float(code) for code in range(len(spec.categories))]
    low, high = max(spec.minimum, -1e6), min(spec.maximum, 1e6)
    if spec.datatype == "INT64" and high - low < 100:  # may be a category in disguise, such as a month
        return [float(value) for value in range(int(low), int(high) + 1)]
    return [low, high, (low + high) / 2]


def _boosted(estimator: Any) -> Predictor | None:
    """Gradient boosting on plain numbers: ask each tree directly, one after another, and add up."""
    if getattr(estimator, "_preprocessor", None) is not None or estimator.n_trees_per_iteration_ != 1:
        return None
    trees = list(chain.from_iterable(estimator._predictors))
    known_categories, positions = estimator._bin_mapper.make_known_categories_bitsets()
    baseline = float(estimator._baseline_prediction.item())

    def predict(matrix: Matrix) -> Matrix:
        score = np.full(len(matrix), baseline)
        for tree in trees:
            score += tree.predict(matrix, known_categories, positions, 1)
        return np.asarray(expit(score))

    return predict


def _additive(pipeline: Any) -> Predictor | None:
    """A regression on one-hot and scaled columns: one look-up per category, one product for the numbers."""
    if [type(step).__name__ for _, step in pipeline.steps] != ["ColumnTransformer", "LogisticRegression"]:
        return None
    columns, regression = pipeline.steps[0][1], pipeline.steps[1][1]
    slopes = np.zeros(columns.n_features_in_)
    intercept, weights = float(regression.intercept_[0]), regression.coef_[0]
    tables: dict[int, tuple[Matrix, Matrix]] = {}
    for _, transformer, positions in columns.transformers_:
        if type(transformer).__name__ == "StandardScaler":
            own, weights = np.split(weights, [len(positions)])
            slopes[positions] += own / transformer.scale_
            intercept -= float(own @ (transformer.mean_ / transformer.scale_))
        elif type(transformer).__name__ == "OneHotEncoder":
            for position, categories in zip(positions, transformer.categories_, strict=True):
                own, weights = np.split(weights, [len(categories)])
                tables[position] = (categories, own)
        else:
            return None
    return _sum_of_parts(slopes, intercept, tables) if len(weights) == 0 else None


def _sum_of_parts(
    slopes: Matrix, intercept: float, tables: dict[int, tuple[Matrix, Matrix]]
) -> Predictor | None:
    """All tables in one, behind a zero for what no table knows; categories must be consecutive numbers."""
    if any(not np.array_equal(c, c[0] + np.arange(len(c))) for c, _ in tables.values()):
        return None
    positions = list(tables)
    lowest = np.array([categories[0] for categories, _ in tables.values()])
    sizes = np.array([len(categories) for categories, _ in tables.values()])
    starts = 1 + np.cumsum(sizes) - sizes
    table = np.concatenate([[0.0], *(weights for _, weights in tables.values())])

    def predict(matrix: Matrix) -> Matrix:
        places = matrix[:, positions] - lowest
        places = np.where((places >= 0) & (places < sizes), places + starts, 0).astype(np.intp)
        return np.asarray(expit(matrix @ slopes + intercept + table[places].sum(axis=1)))

    return predict
