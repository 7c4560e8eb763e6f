"""The generated part of the page."""

from __future__ import annotations

import json

import pytest

from benchmarks.prove.cases import ALIKE, SAME, TOO_BAD
from benchmarks.prove.ladder import RUNGS
from benchmarks.prove.page import BEGIN, END, Results, document, sections, with_results
from benchmarks.prove.scenarios import Found, Row

FOUND = (Found("fail", 500, (None, 30_000, 200)), Found("complete", 9_000, (90_000, 30_000, None)))
RESULTS = Results(
    same=(Row(SAME[0], FOUND * 30),),
    too_bad=(Row(TOO_BAD[0], FOUND[1:] * 9),),
    alike=(Row(ALIKE[0], FOUND),),
    ladder=((RUNGS[0], FOUND), (next(rung for rung in RUNGS if rung.kind == "latency"), FOUND)),
)


def test_rates_stand_with_their_intervals() -> None:
    """And it is said where one is beyond its bound."""
    text = "\n".join(sections(RESULTS, 12.3))
    assert "| 60 | 30 | 50.0% | 36.8% … 63.2% | 5% | **missed** |" in text
    assert "| 9 | 9 | 100.0% |" in text
    assert "| plain | 50.0% | 50.0% | 100.0% | 50.0% |" in text
    assert "took 12 s" in text


def test_requests_until_stable_and_until_the_rollback() -> None:
    """Median and p90; thresholds of others are not compared where they look at nothing."""
    text = "\n".join(sections(RESULTS, 1))
    assert "| 1 % errors | 50.0% | 9,000 | – | 50.0% |" in text
    assert "| latency, 1.1 × | 500 / not in 40,000 | – | – | 200 / not in 40,000 |" in text


def test_only_what_is_between_the_marks_is_replaced() -> None:
    """Twice comes to the same; a page without marks is refused."""
    page = with_results(f"before {BEGIN} outdated {END} after", RESULTS, 1)
    assert page.startswith("before ")
    assert page.endswith(" after")
    assert "outdated" not in page
    assert with_results(page, RESULTS, 1) == page
    with pytest.raises(ValueError, match="put them back"):
        with_results("nothing", RESULTS, 1)


def test_the_document_is_plain_json() -> None:
    """Nothing in it needs our classes."""
    found = json.loads(json.dumps(document(RESULTS, 3.6)))
    assert found["seconds"] == 4
    assert found["cases"][0]["wrong"] == 30
