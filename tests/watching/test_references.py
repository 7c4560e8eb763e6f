"""Which bins a model's values are counted in."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.requestlog.policy import Coarsen, Filter, LabelPolicy, LogPolicy
from gateway.watching.basis import Basis
from gateway.watching.references import Models, completed, declared, is_plain
from tests.watching.watched import MODEL, Watched


def test_training_froze_the_bins(it: Watched) -> None:
    """Edges, categories, counts, ranges and thresholds as model.yaml has them."""
    spec = Models(it.folder).spec("models/v1")
    assert spec is not None
    basis = declared(spec, LogPolicy())
    distance, carrier = basis.inputs
    chance, late = basis.outputs
    assert (distance.scale, distance.edges, distance.counts) == (
        "number",
        (500.0, 1000.0, 2000.0),
        (100,) * 4,
    )
    assert (distance.low, distance.high) == (0.0, 5000.0)
    assert (carrier.scale, carrier.categories, carrier.counts) == (
        "category",
        ("AA", "B6", "UA"),
        (200, 150, 50, 0),
    )
    assert carrier.is_closed
    assert (chance.scale, chance.threshold, late.scale, late.counts) == (
        "probability",
        0.5,
        "flag",
        (200, 200),
    )


def test_a_model_is_read_again_when_it_changes(it: Watched) -> None:
    """And one that is not there, or broken, has no bins."""
    models = Models(it.folder)
    path = it.folder / "models" / "v1" / "model.yaml"
    before = models.spec("models/v1")
    assert models.spec("models/v1") is before
    path.write_text(MODEL.replace("max: 5000", "max: 700"))
    os.utime(path, ns=(1, 1))
    after = models.spec("models/v1")
    assert after is not None
    assert after.inputs[0].maximum == 700
    path.write_text("inputs: [")
    os.utime(path, ns=(2, 2))
    assert models.spec("models/v1") is None
    assert models.spec("models/none") is None
    assert models.spec(None) is None


@pytest.mark.parametrize(
    ("filter", "plain"),
    [
        (Filter(), True),
        (Filter(pseudonymise=("distance",)), False),
        (Filter(encrypt=("distance",)), False),
        (Filter(coarsen=(Coarsen("distance", "buckets", edges=(1.0,)),)), False),
        (Filter(mode="strict"), False),
        (Filter(mode="strict", keep=("distance",)), True),
    ],
)
def test_what_the_log_hides_is_not_watched(it: Watched, filter: Filter, plain: bool) -> None:
    """A pseudonym is no category, and what was left out is not missing."""
    assert is_plain("distance", filter) is plain
    spec = Models(it.folder).spec("models/v1")
    assert spec is not None
    names = [it.name for it in declared(spec, LogPolicy(filter=filter)).inputs]
    assert ("distance" in names) is plain


def test_first_values_complete_what_training_left_open(tmp_path: Path, it: Watched) -> None:
    """A model without a reference keeps its ranges and categories; the counts are of the first values."""
    path = it.folder / "models" / "v1" / "model.yaml"
    path.write_text(MODEL[: MODEL.index("reference:")] + MODEL[MODEL.index("libraries:") :])
    spec = Models(it.folder).spec("models/v1")
    assert spec is not None
    own = declared(spec, LogPolicy())
    assert not any(binning.counts for binning in own.inputs)
    values: dict[str, list[str | None]] = {
        "distance": [str(n) for n in range(100)],
        "carrier": ["AA", "UA", "ZZ", None],
    }
    chances: dict[str, list[str | None]] = {"chance": ["0.2", "0.4", "0.9"], "late": ["true", "false"]}
    made = completed(own, values, chances, LogPolicy())
    assert sum(made.inputs[0].counts) == 100
    assert made.inputs[0].high == 5000
    assert made.inputs[1].counts == (1, 0, 1, 1)
    assert made.outputs[0].scale == "probability"
    assert made.outputs[1].counts == (1, 1)


def test_a_service_without_a_model_is_known_by_its_values() -> None:
    """All fields it had, with the route's threshold; nothing that the log hides."""
    policy = LogPolicy(labels=LabelPolicy(threshold=0.3), filter=Filter(pseudonymise=("user",)))
    inputs: dict[str, list[str | None]] = {"x": ["1", "2", "3"], "user": ["p_1"], "void": [None]}
    made = completed(Basis("first"), inputs, {"p": ["0.1", "0.2", "0.9"]}, policy)
    assert [it.name for it in made.inputs] == ["x"]
    assert (made.outputs[0].scale, made.outputs[0].threshold) == ("probability", 0.3)
    assert completed(replace(made), inputs, {}, policy).inputs == made.inputs
