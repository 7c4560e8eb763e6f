"""The model versions in the repository are what their papers say, and worth serving."""

from __future__ import annotations

import csv
import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import yaml
from sklearn.metrics import log_loss, roc_auc_score

from gateway.serving.inference_protocol import parse_request
from gateway.serving.load import load_model

ROOT = Path(__file__).parents[2]
VERSIONS = ("v1", "v2", "v3")
MARCH = ROOT / "benchmarks" / "flights_march.csv.gz"


def _folder(version: str) -> Path:
    return ROOT / "model_versions" / version


def _papers(version: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((_folder(version) / "model.yaml").read_text(encoding="utf-8"))
    return found


@cache
def _march() -> list[dict[str, str]]:
    with gzip.open(MARCH, "rt", encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def _request(version: str, flights: list[dict[str, str]]) -> dict[str, Any]:
    """The flights as a request in the open inference protocol."""
    read = {"INT64": int, "FP64": float, "BYTES": str}
    tensors = []
    for spec in _papers(version)["inputs"]:
        data = [read[spec["datatype"]](flight[spec["name"]]) for flight in flights]
        tensors.append(
            {"name": spec["name"], "datatype": spec["datatype"], "shape": [len(data)], "data": data}
        )
    return {"inputs": tensors}


def _matrix(version: str) -> Any:
    spec = load_model(_folder(version)).spec
    return parse_request(_request(version, _march()), spec, row_limit=len(_march())).matrix


def _late() -> Any:
    return np.array([int(flight["late"]) for flight in _march()])


@pytest.mark.parametrize("version", VERSIONS)
def test_the_artifact_is_the_one_in_its_papers(version: str) -> None:
    """Name, version, size and checksum agree, and the artifact is under 1 MB."""
    papers = _papers(version)
    artifact = (_folder(version) / papers["artifact"]["file"]).read_bytes()
    assert (papers["name"], papers["version"]) == ("late", version)
    assert len(artifact) == papers["artifact"]["bytes"] < 1_000_000
    assert hashlib.sha256(artifact).hexdigest() == papers["artifact"]["sha256"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_artifact_needs_nothing_of_ours(version: str) -> None:
    """Only scikit-learn and numpy are named in the pickle: it loads without this repository."""
    artifact = (_folder(version) / "model.joblib").read_bytes()
    assert b"sklearn" in artifact
    assert b"gateway" not in artifact
    assert b"model_versions" not in artifact


@pytest.mark.parametrize("version", VERSIONS)
def test_the_papers_are_complete(version: str) -> None:
    """Training and held-out periods, rows, scores, libraries and an example of every input are stated."""
    papers = _papers(version)
    assert papers["training"].keys() == {"data", "period", "rows"}
    assert papers["held_out"].keys() == {"period", "rows", "base_rate", "auc", "log_loss", "accuracy"}
    assert papers["held_out"]["period"] > papers["training"]["period"][-7:]
    assert papers["libraries"].keys() == {"scikit-learn", "numpy", "joblib"}
    assert all("example" in spec and "unit" in spec for spec in papers["inputs"])
    assert f"# late {version}" in (_folder(version) / "README.md").read_text(encoding="utf-8")


def test_all_versions_take_the_same_requests() -> None:
    """Whatever one version accepts, the others accept: a request can go to any of them."""
    first, *others = (_papers(version)["inputs"] for version in VERSIONS)
    assert all(other == first for other in others)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_examples_are_a_valid_request(version: str) -> None:
    """The examples in the papers, put together, are answered with a probability."""
    spec = load_model(_folder(version)).spec
    flight = {i.name: str(i.example) for i in spec.inputs}
    model = load_model(_folder(version))
    values = model.predict(parse_request(_request(version, [flight]), spec).matrix)
    assert 0 < values["late_probability"][0] < 1
    assert values["late"].tolist() == [bool(values["late_probability"][0] >= 0.5)]


@pytest.mark.parametrize("version", VERSIONS)
def test_better_than_chance_on_real_flights(version: str) -> None:
    """On 5,000 flights of March, a version ranks well above chance and beats always saying the base rate."""
    late = _late()
    probability = load_model(_folder(version)).predict(_matrix(version))["late_probability"]
    assert roc_auc_score(late, probability) > 0.65
    assert log_loss(late, probability) < log_loss(late, np.full(len(late), late.mean()))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_service_gives_the_estimator_s_own_numbers(version: str) -> None:
    """The short way to a probability agrees with scikit-learn on every one of 5,000 real flights."""
    matrix = _matrix(version)
    own = joblib.load(_folder(version) / "model.joblib").predict_proba(matrix)[:, 1]
    model = load_model(_folder(version))
    np.testing.assert_allclose(model.probability(matrix), own, rtol=0, atol=1e-12)
    assert "predictor_of" not in model.probability.__qualname__  # the short way is the one in use


def test_the_flights_of_march() -> None:
    """5,000 flights of March in the order of their departure times, with the truth, in under 200 kB."""
    flights = _march()
    assert len(flights) == 5000
    assert MARCH.stat().st_size < 200_000
    assert MARCH.read_bytes()[4:8] == bytes(4), "the gzip head holds a time"
    assert list(flights[0]) == [*(spec["name"] for spec in _papers("v1")["inputs"]), "late"]
    assert {flight["month"] for flight in flights} == {"3"}
    assert {flight["late"] for flight in flights} == {"0", "1"}
    assert 0.2 < _late().mean() < 0.25
