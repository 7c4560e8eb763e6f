"""Training: from a data set to folders that can be served, the same every time.

pandas and the data set are not there in tests: the flights are drawn at random.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway.serving.load import load_model
from model_versions import card, flights, train

CATEGORIES = {"carrier": ("AA", "UA"), "origin": ("EWR", "JFK", "LGA"), "dest": ("BOS", "ORD")}


def _dataset() -> flights.Dataset:
    """Flights of the first seven months, late when it rains or when it is late in the day."""
    draw = np.random.default_rng(5)
    rows = 4000
    columns: list[Any] = []
    for spec in flights.INPUTS:
        if spec.name in CATEGORIES:
            columns.append(draw.integers(0, len(CATEGORIES[spec.name]), rows))
        else:
            assert spec.minimum is not None
            assert spec.maximum is not None
            whole = spec.datatype == "INT64"
            low, high = int(spec.minimum), int(spec.maximum)
            columns.append(draw.integers(low, high + 1, rows) if whole else draw.uniform(low, high, rows))
    matrix = np.column_stack(columns).astype(np.float64)
    names = [i.name for i in flights.INPUTS]
    matrix[:, 0] = draw.integers(1, 8, rows)
    late = (
        matrix[:, names.index("precip")] + matrix[:, names.index("scheduled_departure")] / 144 > 12
    ).astype(np.int64)
    day = draw.integers(1, 29, rows)
    return flights.Dataset(matrix, late, matrix[:, 0].astype(np.int64), day, CATEGORIES, "drawn at random")


@pytest.mark.parametrize("recipe", train.RECIPES, ids=lambda r: r.version)
def test_a_trained_folder_can_be_served(recipe: train.Recipe, tmp_path: Path) -> None:
    """What training writes, the service loads; it has learnt what there is to learn."""
    data = _dataset()
    scores = train.train(recipe, data, tmp_path / recipe.version)
    model = load_model(tmp_path / recipe.version)
    matrix, late = data.of_months((recipe.held_out,))
    right = (model.predict(matrix)["late"] == (late == 1)).mean()
    assert scores.auc > 0.9
    assert right == pytest.approx(scores.accuracy)
    assert model.spec.reference.inputs.keys() == model.spec.input_by_name.keys()
    assert model.spec.reference.outputs["late"].n == len(late)
    assert (tmp_path / recipe.version / "README.md").stat().st_size > 500


@pytest.mark.parametrize("recipe", train.RECIPES, ids=lambda r: r.version)
def test_training_twice_gives_the_same_bytes(recipe: train.Recipe, tmp_path: Path) -> None:
    """Artifact, papers and card do not change when nothing else does."""
    for name in ("one", "two"):
        train.train(recipe, _dataset(), tmp_path / name)
    for file in (card.ARTIFACT, "model.yaml", "README.md"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_every_version_is_judged_on_the_month_after_its_training() -> None:
    """No version is judged on flights it learnt from."""
    assert all(recipe.held_out == recipe.months[-1] + 1 for recipe in train.RECIPES)


def test_a_chance_guess_scores_as_chance() -> None:
    """The judge gives probabilities that know nothing the scores of nothing."""
    late = np.arange(1000) % 4 // 3
    scores = train.judge(np.full(1000, 0.5), late)
    assert (scores.base_rate, scores.auc) == (0.25, 0.5)
    assert scores.log_loss == pytest.approx(np.log(2))
