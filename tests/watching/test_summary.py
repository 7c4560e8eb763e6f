"""Summaries add up, in whatever order and grouping, and survive being written down."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.watching.summary import (
    KINDS,
    Answers,
    Losses,
    Predictions,
    Resources,
    Truths,
    Values,
    from_document,
    merged,
    to_document,
    total,
)

COUNT = st.integers(0, 1_000)
SUM = COUNT.map(float)  # whole, so that their sums are exact
BINS = st.dictionaries(st.integers(0, 30), st.integers(1, 99), max_size=5)
NAMES = st.sampled_from(["a", "b", "ü c"])
VALUES = st.builds(Values, COUNT, COUNT, COUNT, COUNT, COUNT, SUM, BINS)
FIELDS = st.dictionaries(NAMES, VALUES, max_size=2)
SUMMARIES: dict[type[Any], st.SearchStrategy[Any]] = {
    Answers: st.builds(Answers, COUNT, st.dictionaries(NAMES, COUNT), BINS, BINS, COUNT, COUNT),
    Predictions: st.builds(Predictions, COUNT, FIELDS, FIELDS),
    Truths: st.builds(Truths, *[COUNT] * 5, *[SUM] * 6, BINS, BINS),
    Resources: st.builds(Resources, COUNT, SUM, SUM),
    Losses: st.builds(Losses, COUNT, st.dictionaries(NAMES, COUNT)),
}
THREE = st.sampled_from(list(SUMMARIES)).flatmap(lambda kind: st.tuples(*[SUMMARIES[kind]] * 3))


@given(THREE)
def test_merging_is_associative_and_commutative(three: tuple[Any, Any, Any]) -> None:
    """So minutes may become hours in any order, and late ones may join."""
    a, b, c = three
    assert merged(merged(a, b), c) == merged(a, merged(b, c))
    assert merged(a, b) == merged(b, a)
    assert total(type(a), three) == merged(merged(a, b), c)


@given(THREE)
def test_nothing_adds_nothing(three: tuple[Any, Any, Any]) -> None:
    """A summary of nothing is the zero of the sum."""
    for summary in three:
        assert merged(summary, type(summary)()) == summary


@given(THREE)
def test_a_summary_survives_being_written_down(three: tuple[Any, Any, Any]) -> None:
    """As JSON, what is 0 left out; so a summary from before a field existed can be read."""
    for summary in three:
        written = json.loads(json.dumps(to_document(summary)))
        assert to_document(from_document(type(summary), written)) == to_document(summary)
    assert from_document(Answers, {}) == Answers()


@pytest.mark.parametrize("document", [{"unknown": 1}, {"n": "many"}, {"latency": 3}, {"latency": {"x": 1}}])
def test_what_is_no_summary_is_told(document: dict[str, Any]) -> None:
    """A damaged database is not read as something else."""
    with pytest.raises(ValueError, match=r"no summary of answers|invalid literal"):
        from_document(Answers, document)


def test_every_kind_has_a_name() -> None:
    """The store knows all of them."""
    assert set(KINDS.values()) == set(SUMMARIES)
