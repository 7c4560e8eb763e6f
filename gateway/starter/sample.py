"""Two versions of a model to begin with, fitted on the spot to invented weather.

They are made here rather than shipped, so that nothing that was pickled elsewhere is ever read, and so that
model.yaml names the very library versions that will read them.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import yaml
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

if TYPE_CHECKING:
    from numpy.typing import NDArray

ARTIFACT = "model.joblib"
LIBRARIES = ("scikit-learn", "numpy", "joblib")
SEED = 7
SEASONS = ("spring", "summer", "autumn", "winter")
SEASON_EFFECT = (0.2, -0.8, 0.5, 0.1)
HEAD = """\
# Written by `gateway init`, together with the artefact beside it. The weather it learnt from is invented.
# Inputs stand in the order of the matrix's columns; the place of a category in its list is its code.
"""


@dataclass(frozen=True, slots=True)
class Version:
    """One version, and from how many invented days it learns."""

    name: str
    days: int


VERSIONS = (Version("v1", 300), Version("v2", 6000))


def made(which: Version) -> dict[str, bytes]:
    """Fit one version; return the files of its folder by their names."""
    buffer = io.BytesIO()
    joblib.dump(_fitted(which.days), buffer)
    artifact = buffer.getvalue()
    return {ARTIFACT: artifact, "model.yaml": _described(which, artifact).encode()}


def _fitted(days: int) -> Pipeline:
    matrix, rain = _weather(days)
    seasons = [[float(code) for code in range(len(SEASONS))]]
    columns = ColumnTransformer(
        [("season", OneHotEncoder(categories=seasons), [0]), ("numbers", StandardScaler(), [1, 2])]
    )
    return Pipeline([("columns", columns), ("regression", LogisticRegression())]).fit(matrix, rain)


def _weather(days: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return invented days (season, humidity, pressure), and whether it rained the day after each."""
    dice = np.random.default_rng(SEED)
    season = dice.integers(0, len(SEASONS), days)
    humidity = np.clip(dice.normal(70, 15, days), 0, 100)
    pressure = np.clip(dice.normal(1013, 9, days), 870, 1090)
    tendency = 0.07 * (humidity - 70) - 0.12 * (pressure - 1013) + np.array(SEASON_EFFECT)[season] - 0.6
    rain = dice.random(days) < 1 / (1 + np.exp(-tendency))
    return np.column_stack([season, humidity, pressure]).astype(np.float64), rain


def _described(which: Version, artifact: bytes) -> str:
    document: dict[str, Any] = {
        "name": "rain",
        "version": which.name,
        "description": "Does it rain tomorrow? A logistic regression on invented weather.",
        "inputs": [
            {"name": "season", "datatype": "BYTES", "categories": list(SEASONS), "example": "autumn"},
            {"name": "humidity", "datatype": "FP64", "unit": "%", "min": 0, "max": 100, "example": 84.5},
            {
                "name": "pressure",
                "datatype": "FP64",
                "unit": "hPa",
                "min": 870,
                "max": 1090,
                "example": 1004.5,
            },
        ],
        "outputs": [
            {"name": "rain_probability", "datatype": "FP64"},
            {"name": "rain", "datatype": "BOOL", "threshold": 0.5},
        ],
        "training": {"data": "invented", "rows": which.days},
        "libraries": {name: version(name) for name in LIBRARIES},
        "artifact": {
            "file": ARTIFACT,
            "sha256": hashlib.sha256(artifact).hexdigest(),
            "bytes": len(artifact),
        },
    }
    return HEAD + yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=100)
