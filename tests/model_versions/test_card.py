"""What is written beside an artifact."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from gateway.serving.model_file import parse_model_file
from model_versions import card

ROOT = Path(__file__).parents[2]
FACTS = card.Facts(
    version="v9",
    method="guess",
    months=(1, 2),
    rows=1234,
    held_out_month=3,
    scores=card.Scores(rows=567, base_rate=0.25, auc=0.71234, log_loss=0.5, accuracy=0.8),
    source="test 1.0",
    categories={"carrier": ("NO", "9E"), "origin": ("EWR",), "dest": ("ORD",)},
    sha256="a" * 64,
    size=4321,
    reference={"inputs": {"temp": {"n": 3, "missing": 0, "edges": [40.5], "counts": [1, 2]}}, "outputs": {}},
)


def test_the_service_reads_what_is_written() -> None:
    """model.yaml is read back by the service with the names, limits and categories that went in."""
    found = parse_model_file(card.model_yaml(FACTS), "model.yaml")
    assert (found.spec.name, found.spec.version, found.size) == ("late", "v9", 4321)
    assert found.spec.input_by_name["carrier"].categories == ("NO", "9E")
    assert found.spec.input_by_name["temp"].minimum == -40
    assert found.spec.reference.inputs["temp"].counts == (1, 2)
    assert found.libraries.keys() == {"scikit-learn", "numpy", "joblib"}


def test_the_card_states_the_figures() -> None:
    """Period, rows and scores stand in the model card."""
    text = card.model_card(FACTS)
    for figure in (
        "January to February 2013, 1,234 flights",
        "March 2013, 567 flights",
        "0.7123",
        "75.0%",
        "4,321",
    ):
        assert figure in text


def test_a_version_that_has_seen_march_says_so() -> None:
    """Nobody should judge a version by flights it learnt from."""
    seen = dataclasses.replace(FACTS, months=(1, 2, 3, 4, 5, 6))
    assert "It learnt from March too" in card.model_card(seen)
    assert "It learnt from March too" not in card.model_card(FACTS)


@pytest.mark.parametrize(("months", "words"), [((3,), "2013-03"), ((1, 2, 3), "2013-01 to 2013-03")])
def test_periods(months: tuple[int, ...], words: str) -> None:
    """One month is a month, several are a span."""
    assert card.period(months) == words


def test_the_table_of_scores() -> None:
    """One line per version, with the month it was judged on."""
    table = card.score_table({"v9": 3}, {"v9": FACTS.scores})
    assert " ".join(table.splitlines()[-1].split()) == "v9 March 2013 567 0.2500 0.7123 0.5000 0.8000"


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_the_cards_in_the_repository_are_of_this_artifact(version: str) -> None:
    """The size and the scores in the committed card are those in the committed model.yaml."""
    folder = ROOT / "model_versions" / version
    size = parse_model_file((folder / "model.yaml").read_text(encoding="utf-8"), version).size
    assert f"| size | {size:,} bytes |" in (folder / "README.md").read_text(encoding="utf-8")
