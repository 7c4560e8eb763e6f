"""Recorded inputs given to another version of a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.requestlog.label_lines import Label
from gateway.requestlog.labels import LabelStore
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import Coarsen, Filter, LogPolicy
from gateway.requestlog.secrets import Secrets
from gateway.serving.load import ModelRefused
from gateway.whatif.against_model import against_model
from gateway.whatif.recorded import Asked
from tests.whatif.logged import MODELS, places_with, predicted, write
from tests.whatif.test_resplit import plan_of

PLAN = plan_of({"blue": 1})
WEEK = Asked(7 * 86_400.0)


def test_a_model_agrees_with_its_own_answers(tmp_path: Path) -> None:
    """Row by row, in requests of several rows; another one does not."""
    places = places_with(tmp_path, PLAN)
    write(places, *predicted("v2", 60, rows=5), *predicted("v3", 40, seed=2))
    found = against_model(places, MODELS / "v2", WEEK, 100_000)
    of = {one["version"]: one for one in found["agreement"]}
    assert (found["recorded"], found["given"], found["left_out"]["rows"]) == (340, 340, 0)
    assert (of["v2"]["same"], of["v2"]["rows"]) == (1.0, 300)
    assert of["v2"]["largest"] < 1e-9
    assert of["v3"]["same"] < 1
    assert found["latency"]["recorded"][0]["p50_ms"] == 2.0
    assert found["latency"]["here"]["p50_ms"] > 0


def test_labels_say_which_is_right(tmp_path: Path) -> None:
    """Here the truth is what v3 says, so it is better than v2."""
    places = places_with(tmp_path, PLAN)
    records, truths = predicted("v2", 200), predicted("v3", 200)
    write(places, *records)
    labels = [
        Label(one["id"], 0, "", "", label=str(int(yes)), value=float(yes))
        for one, other in zip(records, truths, strict=True)
        for yes in other["outputs"]["late"]
    ]
    LabelStore(LogPlaces(tmp_path / "log"), Secrets(bytes(32)), {"late": LogPolicy()}).append(labels)
    [quality] = against_model(places, MODELS / "v3", WEEK, 100_000)["quality"]
    assert quality["rows"] == 200
    assert quality["here"]["accuracy"] == 1.0
    assert quality["gain"]["accuracy"]["verdict"] == quality["gain"]["log_loss"]["verdict"] == "better"


def test_inputs_that_the_filter_changed_are_named_and_not_guessed(tmp_path: Path) -> None:
    """By the filter of each row's own time."""
    rules = Filter(pseudonymise=("carrier",), coarsen=(Coarsen("temp", "round", 5.0),))
    filtered = replace(PLAN, revision=2, routes=(replace(PLAN.routes[0], log=LogPolicy(filter=rules)),))
    places = places_with(tmp_path, PLAN, filtered)
    write(places, *predicted("v2", 10), *predicted("v2", 7, seed=2, revision=2))
    found = against_model(places, MODELS / "v3", WEEK, 100_000)
    assert (found["given"], found["left_out"]["rows"]) == (10, 7)
    assert {(one["input"], one["why"], one["rows"]) for one in found["left_out"]["inputs"]} == {
        ("carrier", "pseudonymised", 7),
        ("temp", "coarsened", 7),
    }


def test_more_than_the_limit_is_sampled(tmp_path: Path) -> None:
    """About as many as asked for, and it is said."""
    places = places_with(tmp_path, PLAN)
    write(places, *predicted("v2", 400))
    found = against_model(places, MODELS / "v2", WEEK, 100)
    assert (found["recorded"], found["sample"]) == (400, 0.25)
    assert 50 < found["given"] < 150


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(3600.0), "several routes have predictions: late, other; say which is meant with --route"),
        (Asked(3600.0, "nix"), "there is no route nix; there is late"),
        (Asked(0.001), "no prediction is recorded in this time: look further back"),
    ],
)
def test_where_it_is_not_clear_what_to_compare_it_says_so(tmp_path: Path, asked: Asked, said: str) -> None:
    """With what to type."""
    places = places_with(tmp_path, PLAN)
    write(places, *predicted("v2", 2), *predicted("v2", 1, seed=3, route="other"))
    with pytest.raises(GatewayError, match=said):
        against_model(places, MODELS / "v2", asked, 100)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """In the words of the model service."""
    with pytest.raises(ModelRefused, match=r"model\.yaml"):
        against_model(places_with(tmp_path / "state", PLAN), tmp_path, WEEK, 100)
