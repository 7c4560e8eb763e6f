"""Loading a model version, and refusing what is not what model.yaml says."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from sklearn.linear_model import LinearRegression, LogisticRegression

from gateway.errors import GatewayError
from gateway.serving.load import Model, ModelRefused, PredictionFailed, load_model
from gateway.serving.model_spec import ModelSpec

MakeFolder = Callable[..., Path]


class Trap:
    """An object that leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.trace,))


def _artifact(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / "model.yaml").read_text())["artifact"]
    return found


def _refusal(folder: Path) -> str:
    with pytest.raises(GatewayError) as refused:
        load_model(folder)
    return str(refused.value)


def test_a_model_version_is_loaded_and_answers(make_folder: MakeFolder) -> None:
    """The model's outputs are the probability and whether it reaches the threshold."""
    model = load_model(make_folder())
    values = model.predict(np.array([[7, 1, 39.0], [7, 0, 0.0]]))
    assert model.spec.version == "v7"
    assert values["chance"][0] > 0.75 > values["chance"][1]
    assert values["sure"].tolist() == [True, False]


def test_a_changed_artifact_is_not_unpickled(make_folder: MakeFolder, tmp_path: Path) -> None:
    """The checksum is settled first: the code in a changed artifact never runs."""
    folder = make_folder()
    (folder / "model.joblib").write_bytes(pickle.dumps(Trap(tmp_path / "ran")))
    message = _refusal(folder)
    assert not (tmp_path / "ran").exists()
    assert str(folder / "model.joblib") in message
    assert _artifact(folder)["sha256"] in message
    assert "make train" in message


def test_the_trap_would_have_run(make_folder: MakeFolder, tmp_path: Path) -> None:
    """The trap of the test before works: with the right checksum it does run."""
    assert "expected a classifier" in _refusal(make_folder(Trap(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()


def test_other_library_versions_are_refused(make_folder: MakeFolder) -> None:
    """Every library that differs is named, with the version wanted and the one that is there."""
    message = _refusal(make_folder(libraries={"scikit-learn": "0.1", "numpy": "0.2", "no-such-library": "3"}))
    assert "scikit-learn 0.1 (here: 1." in message
    assert "numpy 0.2 (here: 2." in message
    assert "no-such-library 3 (here: not installed)" in message
    assert "make install" in message


def test_other_library_versions_are_refused_before_unpickling(
    make_folder: MakeFolder, tmp_path: Path
) -> None:
    """Nothing is unpickled by a version that may read it wrongly."""
    _refusal(make_folder(Trap(tmp_path / "ran"), libraries={"numpy": "0.2"}))
    assert not (tmp_path / "ran").exists()


def test_an_artifact_behind_a_link_is_refused(make_folder: MakeFolder, tmp_path: Path) -> None:
    """A link that leads out of the folder is not followed, even to the right bytes."""
    folder = make_folder()
    (folder / "model.joblib").rename(tmp_path / "elsewhere")
    (folder / "model.joblib").symlink_to(tmp_path / "elsewhere")
    assert "leads out of" in _refusal(folder)


def test_an_artifact_by_a_path_is_refused(make_folder: MakeFolder) -> None:
    """The artifact is a file beside model.yaml, not a path to somewhere."""
    folder = make_folder()
    artifact = {**_artifact(folder), "file": "../model/model.joblib"}
    assert "must be a file name beside model.yaml" in _refusal(make_folder(artifact=artifact))


def test_a_missing_artifact_is_told(make_folder: MakeFolder) -> None:
    """The message names the file that is missing and what makes it."""
    folder = make_folder()
    (folder / "model.joblib").unlink()
    assert "No such file or directory" in _refusal(folder)


def test_a_pipe_in_the_place_of_model_yaml_is_not_waited_for(tmp_path: Path) -> None:
    """Nor is a device read for ever."""
    os.mkfifo(tmp_path / "model.yaml")
    assert "cannot be read (it is not a file)" in _refusal(tmp_path)


def test_a_folder_that_is_no_model_version_is_told(tmp_path: Path) -> None:
    """The message names the file that was looked for."""
    message = _refusal(tmp_path / "nowhere")
    assert message.startswith(f"{tmp_path / 'nowhere' / 'model.yaml'}: cannot be read (No such file")


def test_a_description_in_another_encoding_is_told(make_folder: MakeFolder) -> None:
    """model.yaml is UTF-8; anything else is refused, not guessed."""
    folder = make_folder()
    (folder / "model.yaml").write_bytes(b"name: \xff\xfe")
    assert "not UTF-8" in _refusal(folder)


def test_an_artifact_that_is_no_pickle_is_told(make_folder: MakeFolder) -> None:
    """Bytes that match the checksum but cannot be unpickled are refused with the reason."""
    folder = make_folder()
    (folder / "model.joblib").write_bytes(b"")
    empty = {
        "file": "model.joblib",
        "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
    document = yaml.safe_load((folder / "model.yaml").read_text())
    (folder / "model.yaml").write_text(yaml.safe_dump({**document, "artifact": empty}))
    assert "cannot be unpickled (EOFError" in _refusal(folder)


ROWS = np.arange(30, dtype=np.float64).reshape(10, 3)


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (
            LinearRegression().fit(ROWS, ROWS[:, 0]),
            "expected a classifier of two classes, found LinearRegression",
        ),
        (
            LogisticRegression().fit(ROWS, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]),
            "expected a classifier of two classes",
        ),
        (
            LogisticRegression().fit(ROWS[:, :2], [0, 1] * 5),
            "expects 2 columns, but model.yaml lists 3 inputs",
        ),
    ],
)
def test_an_estimator_of_another_kind_is_refused(
    make_folder: MakeFolder, estimator: Any, expected: str
) -> None:
    """Only a classifier of two classes with the columns of model.yaml can be served."""
    assert expected in _refusal(make_folder(estimator))


def test_an_answer_that_is_no_number_is_a_failure(spec: ModelSpec) -> None:
    """A model that answers NaN has failed; the client must not get a null for a probability."""
    model = Model(spec, lambda matrix: np.full(len(matrix), np.nan))
    with pytest.raises(PredictionFailed, match="small v7 answered with something that is not a number"):
        model.predict(np.zeros((1, 3)))


def test_refusals_are_for_people() -> None:
    """The loader's refusals are errors a person can mend, not crashes."""
    assert issubclass(ModelRefused, GatewayError)
