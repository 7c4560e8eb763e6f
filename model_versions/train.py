"""Rebuild the three model versions and the flights the demo replays: `python -m model_versions.train`.

It is a program of its own, not a part of the gateway: only training needs pandas and the data set
(requirements-train.txt). The same libraries on the same kind of machine give the same bytes: every seed is
fixed, everything runs on one thread, and the artifacts are not compressed.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from model_versions import card, flights, histograms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HERE = Path(__file__).parent
SEED = 2013
ONE_HOT = ("month", "day_of_week", *flights.CATEGORICAL)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one version is made: what it learns from, and the month after that which judges it."""

    version: str
    method: str
    months: tuple[int, ...]
    held_out: int
    build: Callable[[flights.Dataset], Any]


def logistic_regression(data: flights.Dataset) -> Any:
    """A regression on one column per category and on numbers scaled to unit variance."""
    names = [i.name for i in flights.INPUTS]
    one_hot = [names.index(n) for n in ONE_HOT]
    numbers = [i for i in range(len(names)) if i not in one_hot]
    encoder = OneHotEncoder(categories=[_codes(data, n) for n in ONE_HOT], handle_unknown="ignore")
    columns = ColumnTransformer([("one_hot", encoder, one_hot), ("scaled", StandardScaler(), numbers)])
    # newton-cholesky converges to the last digits, so that the coefficients do not depend on where it stops.
    return Pipeline([("columns", columns), ("regression", LogisticRegression(solver="newton-cholesky"))])


def _codes(data: flights.Dataset, name: str) -> list[float]:
    if name in data.categories:
        return [float(code) for code in range(len(data.categories[name]))]
    spec = next(i for i in flights.INPUTS if i.name == name)
    assert spec.minimum is not None
    assert spec.maximum is not None
    return [float(code) for code in range(int(spec.minimum), int(spec.maximum) + 1)]


def gradient_boosting(_data: flights.Dataset) -> Any:
    """25 trees: 80 add 0.002 to the AUC and more than double the time of one answer.

    The category codes are split like numbers: declared as categories they bring a column transformer
    that takes four times as long as the trees for a single row.
    """
    return HistGradientBoostingClassifier(
        max_iter=25,
        learning_rate=0.15,
        max_leaf_nodes=31,
        min_samples_leaf=50,
        l2_regularization=1.0,
        categorical_features=None,
        early_stopping=False,
        random_state=SEED,
    )


RECIPES = (
    Recipe("v1", "logistic regression", (1, 2), 3, logistic_regression),
    Recipe("v2", "gradient boosting (25 trees)", (1, 2), 3, gradient_boosting),
    Recipe("v3", "gradient boosting (25 trees)", (1, 2, 3, 4, 5, 6), 7, gradient_boosting),
)


def train(recipe: Recipe, data: flights.Dataset, folder: Path) -> card.Scores:
    """Fit one version, judge it on the month that follows, and write its folder."""
    matrix, late = data.of_months(recipe.months)
    estimator = recipe.build(data).fit(matrix, late)
    unseen, truth = data.of_months((recipe.held_out,))
    probability = estimator.predict_proba(unseen)[:, 1]
    scores = judge(probability, truth)
    buffer = io.BytesIO()
    joblib.dump(estimator, buffer)
    facts = card.Facts(
        version=recipe.version,
        method=recipe.method,
        months=recipe.months,
        rows=len(late),
        held_out_month=recipe.held_out,
        scores=scores,
        source=data.source,
        categories=data.categories,
        sha256=hashlib.sha256(buffer.getvalue()).hexdigest(),
        size=len(buffer.getvalue()),
        reference={
            "inputs": histograms.of_inputs(data, matrix, data.days_of_months(recipe.months)),
            "outputs": histograms.of_outputs(
                probability, data.days_of_months((recipe.held_out,)), card.THRESHOLD
            ),
        },
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / card.ARTIFACT).write_bytes(buffer.getvalue())
    (folder / "model.yaml").write_text(card.model_yaml(facts), encoding="utf-8")
    (folder / "README.md").write_text(card.model_card(facts), encoding="utf-8")
    return scores


def judge(probability: NDArray[np.float64], late: NDArray[np.int64]) -> card.Scores:
    """How well these probabilities tell late flights from others."""
    return card.Scores(
        rows=len(late),
        base_rate=float(late.mean()),
        auc=float(roc_auc_score(late, probability)),
        log_loss=float(log_loss(late, probability)),
        accuracy=float(accuracy_score(late, probability >= card.THRESHOLD)),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Train everything, saying what is being done, and print the scores at the end."""
    parser = argparse.ArgumentParser(prog="python -m model_versions.train", description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="folder of v1, v2, v3 (default: %(default)s)")
    parser.add_argument(
        "--benchmarks", type=Path, default=HERE.parent / "benchmarks", help="folder of flights_march.csv.gz"
    )
    options = parser.parse_args(arguments)
    started = time.perf_counter()

    def say(text: str) -> None:
        print(f"{time.perf_counter() - started:6.1f} s  {text}", flush=True)

    say("reading the flights of 2013 and the weather")
    data = flights.load()
    say(f"{len(data.late):,} flights have an arrival and weather")
    scores = {}
    with threadpool_limits(limits=1):
        for recipe in RECIPES:
            say(f"training {recipe.version}: {recipe.method}, {card.period(recipe.months)}")
            scores[recipe.version] = train(recipe, data, options.out / recipe.version)
    options.benchmarks.mkdir(parents=True, exist_ok=True)
    flights.write_sample(data, 3, 5000, SEED, options.benchmarks / "flights_march.csv.gz")
    say("wrote 5,000 flights of March for the demo and the benchmark")
    print(card.score_table({r.version: r.held_out for r in RECIPES}, scores))


if __name__ == "__main__":
    main()
