"""A small model version, made on the spot, for the tests of the model service."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import yaml
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from gateway.serving.model_spec import InputSpec, ModelSpec, OutputSpec

INPUTS = [
    {"name": "hour", "datatype": "INT64", "unit": "h", "min": 0, "max": 23, "example": 7},
    {"name": "kind", "datatype": "BYTES", "categories": ["car", "bus", "NO"], "example": "bus"},
    {"name": "speed", "datatype": "FP64", "unit": "m/s", "min": -1.5, "max": 40, "example": 12.5},
]


@pytest.fixture
def spec() -> ModelSpec:
    """What the small model takes and answers."""
    return ModelSpec(
        name="small",
        version="v7",
        inputs=(
            InputSpec("hour", "INT64", "h", 0, 23, example=7),
            InputSpec("kind", "BYTES", categories=("car", "bus", "NO"), example="bus"),
            InputSpec("speed", "FP64", "m/s", -1.5, 40, example=12.5),
        ),
        outputs=(OutputSpec("chance", "FP64"), OutputSpec("sure", "BOOL", 0.75)),
    )


@pytest.fixture
def body() -> dict[str, Any]:
    """A valid request of two rows for the small model."""
    return {
        "id": "a-1",
        "inputs": [
            {"name": "hour", "shape": [2], "datatype": "INT64", "data": [0, 23]},
            {"name": "kind", "shape": [2], "datatype": "BYTES", "data": ["NO", "car"]},
            {"name": "speed", "shape": [2], "datatype": "FP64", "data": [1.5, 40]},
        ],
    }


def small_estimator() -> Any:
    """A regression in the shape of v1: one-hot columns and scaled ones."""
    columns = ColumnTransformer(
        [("one_hot", OneHotEncoder(handle_unknown="ignore"), [1]), ("scaled", StandardScaler(), [0, 2])]
    )
    matrix = small_rows(60)
    late = (matrix[:, 2] + 5 * (matrix[:, 1] == 1) > 15).astype(int)
    return Pipeline([("columns", columns), ("regression", LogisticRegression())]).fit(matrix, late)


def small_rows(count: int) -> Any:
    """Valid rows for the small model, the same ones every time."""
    draw = np.random.default_rng(1)
    return np.column_stack(
        [draw.integers(0, 24, count), draw.integers(0, 3, count), draw.uniform(-1.5, 40, count)]
    ).astype(np.float64)


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """Write a model version into a folder; keyword arguments replace top-level keys of its model.yaml."""

    def make(estimator: Any = None, **changes: Any) -> Path:
        folder = tmp_path / "model"
        folder.mkdir(exist_ok=True)
        buffer = io.BytesIO()
        joblib.dump(small_estimator() if estimator is None else estimator, buffer)
        (folder / "model.joblib").write_bytes(buffer.getvalue())
        digest = hashlib.sha256(buffer.getvalue()).hexdigest()
        document: dict[str, Any] = {
            "name": "small",
            "version": "v7",
            "inputs": INPUTS,
            "outputs": [
                {"name": "chance", "datatype": "FP64"},
                {"name": "sure", "datatype": "BOOL", "threshold": 0.75},
            ],
            "libraries": {"scikit-learn": version("scikit-learn"), "numpy": version("numpy")},
            "artifact": {"file": "model.joblib", "sha256": digest, "bytes": len(buffer.getvalue())},
        }
        (folder / "model.yaml").write_text(yaml.safe_dump({**document, **changes}), encoding="utf-8")
        return folder

    return make
