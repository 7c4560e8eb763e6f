"""The sample model: it loads under the very checks of any other model, and says sensible things."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gateway.serving.load import Model, ModelRefused, load_model
from gateway.starter.sample import ARTIFACT, VERSIONS, Version, made

DRY, WET = [1.0, 30.0, 1035.0], [2.0, 95.0, 990.0]


def folder_of(which: Version, folder: Path) -> Path:
    """Write one version into a folder."""
    for name, content in made(which).items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(params=VERSIONS, ids=lambda which: which.name)
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Model:
    """Each version, loaded."""
    return load_model(folder_of(request.param, tmp_path))


def test_it_knows_dry_days_from_wet_ones(model: Model) -> None:
    """High pressure in summer is dry, low pressure and damp air in autumn is not."""
    answer = model.predict(np.array([DRY, WET]))
    dry, wet = answer["rain_probability"]
    assert dry < 0.05 < 0.9 < wet
    assert answer["rain"].tolist() == [False, True]


def test_every_input_has_an_example(model: Model) -> None:
    """So that `gateway up` can show a request to paste."""
    assert [spec.name for spec in model.spec.inputs] == ["season", "humidity", "pressure"]
    assert all(spec.example is not None for spec in model.spec.inputs)


def test_it_is_the_same_each_time() -> None:
    """Seeds are fixed: made twice, the files are equal; the versions differ."""
    first, second = VERSIONS
    assert made(first) == made(first)
    assert made(first)[ARTIFACT] != made(second)[ARTIFACT]


def test_a_changed_artefact_is_refused(tmp_path: Path) -> None:
    """It is checked by digest before it is unpickled, like any other."""
    folder = folder_of(VERSIONS[0], tmp_path)
    (folder / ARTIFACT).write_bytes((folder / ARTIFACT).read_bytes() + b"x")
    with pytest.raises(ModelRefused, match="not the artifact that was trained"):
        load_model(folder)
