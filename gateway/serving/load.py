"""Loading a model version: nothing is unpickled before it is known to be the artifact that was trained.

A pickle runs code while it is read, and an estimator read by other library versions may answer differently
without a word. So the checksum and the versions are settled first, on the very bytes that are then read.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np

from gateway.errors import GatewayError
from gateway.files import read_small
from gateway.serving.model_file import MOST_BYTES, ModelFile, parse_model_file
from gateway.serving.model_spec import ModelSpec
from gateway.serving.predictor import predictor_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.serving.predictor import Predictor


class ModelRefused(GatewayError):
    """A folder does not hold a model version that can be served here."""


class PredictionFailed(GatewayError):
    """The model gave no usable answer to a valid request."""


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model version: what it takes and answers, and the way to ask it."""

    spec: ModelSpec
    probability: Predictor

    def predict(self, matrix: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
        """The value of every output for every row; raises PredictionFailed."""
        probability = self.probability(matrix)
        if not np.isfinite(probability).all():
            raise PredictionFailed(
                f"{self.spec.name} {self.spec.version} answered with something that is not a number"
            )
        return {
            o.name: probability if o.datatype == "FP64" else probability >= o.threshold
            for o in self.spec.outputs
        }


def load_model(folder: Path) -> Model:
    """Read model.yaml, check artifact and libraries, unpickle; raises GatewayError with what to do."""
    described_in = folder / "model.yaml"
    try:
        text = read_small(described_in, MOST_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelRefused(
            f"{described_in}: cannot be read ({_reason(error)}): is {folder} the folder of a model version?"
        ) from error
    model_file = parse_model_file(text, str(described_in))
    check_libraries(model_file, described_in)
    artifact = read_artifact(model_file, folder)
    try:
        estimator = joblib.load(io.BytesIO(artifact))
    except Exception as error:  # unpickling raises whatever the classes it meets choose to raise
        raise ModelRefused(
            f"{folder / model_file.file}: cannot be unpickled ({type(error).__name__}: {error}): it must "
            "hold nothing but objects of the libraries in model.yaml"
        ) from error
    check_estimator(estimator, model_file.spec, folder / model_file.file)
    return Model(model_file.spec, predictor_of(estimator, model_file.spec))


def check_libraries(model_file: ModelFile, described_in: Path) -> None:
    """Refuse other library versions than those the artifact was made with; names all that differ."""
    installed = {name: _installed(name) for name in model_file.libraries}
    wrong = [
        f"{name} {wanted} (here: {installed[name] or 'not installed'})"
        for name, wanted in model_file.libraries.items()
        if installed[name] != wanted
    ]
    if wrong:
        raise ModelRefused(
            f"{described_in}: the artifact was made with {', '.join(wrong)}, and other versions may read it "
            "wrongly: install the locked ones with 'make install', or train anew with 'make train'"
        )


def read_artifact(model_file: ModelFile, folder: Path) -> bytes:
    """The bytes of the artifact, once they are known to be the trained ones."""
    file = folder / model_file.file
    if file.resolve().parent != folder.resolve():
        raise ModelRefused(f"{file}: leads out of {folder}; the artifact must lie beside model.yaml")
    try:
        artifact = file.read_bytes()
    except OSError as error:
        raise ModelRefused(
            f"{file}: cannot be read ({_reason(error)}): rebuild it with 'make train'"
        ) from error
    found = hashlib.sha256(artifact).hexdigest()
    if found != model_file.sha256:
        raise ModelRefused(
            f"{file}: expected {model_file.size:,} bytes with sha256 {model_file.sha256} as model.yaml says, "
            f"found {len(artifact):,} bytes with sha256 {found}: it is not the artifact that was trained; "
            "restore it from version control, or rebuild it and model.yaml with 'make train'"
        )
    return artifact


def check_estimator(estimator: object, spec: ModelSpec, file: Path) -> None:
    """Refuse what is not a classifier of two classes with as many columns as model.yaml has inputs."""
    classes = getattr(estimator, "classes_", ())
    if not hasattr(estimator, "predict_proba") or len(classes) != 2:
        raise ModelRefused(
            f"{file}: expected a classifier of two classes, found {type(estimator).__name__}: train one that "
            "has predict_proba, or name another artifact in model.yaml"
        )
    columns = getattr(estimator, "n_features_in_", len(spec.inputs))
    if columns != len(spec.inputs):
        raise ModelRefused(
            f"{file}: expects {columns} columns, but model.yaml lists {len(spec.inputs)} inputs: list "
            "every input, in the order of the training"
        )


def _installed(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "not UTF-8"
