"""What is taken for a label, and what is said of everything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.label_lines import MOST_PROBLEMS, BadLabels, Label, label_of, read_labels

ID = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("document", "label"),
    [
        ({"id": ID, "label": 1}, Label(ID, 0, "", "", "1", 1.0)),
        ({"id": ID, "row": 3, "label": False}, Label(ID, 3, "", "", "false", 0.0)),
        ({"id": ID, "label": 12.5}, Label(ID, 0, "", "", "12.5", 12.5)),
        ({"id": ID, "label": "cat"}, Label(ID, 0, "", "", "cat", None)),
        ({"route": "late", "key": "UA1", "label": 0}, Label("", 0, "late", "UA1", "0", 0.0)),
        ({"route": "late", "key": 17, "label": 0}, Label("", 0, "late", "17", "0", 0.0)),
    ],
)
def test_a_label_names_its_prediction_and_the_truth(document: dict[str, Any], label: Label) -> None:
    """By the request's id, or by a route and a key."""
    assert label_of(document) == label


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([1], "a label is an object"),
        ({"label": 1}, "it names no prediction"),
        ({"id": "7", "label": 1}, "32 hex digits of x-request-id, not '7'"),
        ({"id": ID}, "`label` is missing"),
        ({"id": ID, "lable": 1}, "unknown key 'lable'; did you mean 'label'?"),
        ({"id": ID, "label": None}, "`label` must be a number"),
        ({"id": ID, "label": 10**400}, "`label` must be a finite number"),
        ({"id": ID, "label": "a\nb"}, "`label` must be a number"),
        ({"id": ID, "row": -1, "label": 1}, "`row` must be a whole number"),
        ({"id": ID, "row": True, "label": 1}, "`row` must be a whole number"),
        ({"id": ID, "key": "UA1", "label": 1}, "not both"),
        ({"key": "UA1", "label": 1}, "`route` must say of which route"),
        ({"route": "late", "key": "", "label": 1}, "`key` must be a text"),
    ],
)
def test_anything_else_is_refused_with_a_reason(document: object, told: str) -> None:
    """Each sentence says what to send instead."""
    with pytest.raises(ValueError, match=r".") as refused:
        label_of(document)
    assert told in str(refused.value)


def test_lines_are_read_or_refused_together() -> None:
    """The line of each problem is said; empty lines are none."""
    good = json.dumps({"id": ID, "label": 1}).encode()
    assert len(read_labels([good, b"", b"  ", good])) == 2
    with pytest.raises(BadLabels, match=r"line 2: it is not JSON.*line 3: it names no prediction"):
        read_labels([good, b"{", b'{"label":1}'])


def test_many_problems_are_counted_and_a_few_told() -> None:
    """A file of another kind does not fill the screen."""
    with pytest.raises(BadLabels, match="and 90 more") as refused:
        read_labels([b"no"] * 100)
    assert len(refused.value.problems) == MOST_PROBLEMS
    assert refused.value.count == 100


@given(st.binary(max_size=60))
def test_no_line_whatever_does_harm(line: bytes) -> None:
    """It is a label, nothing, or refused."""
    try:
        found: list[Label | None] = [*read_labels([line])]
    except BadLabels as refused:
        found = [None] * refused.count
    assert len(found) == (1 if line.strip() else 0)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(("id", "label", "row", "key", "route", "x")), inner, max_size=5)
        ),
        max_leaves=8,
    )
)
def test_no_document_whatever_does_harm(document: object) -> None:
    """The same of what JSON can say."""
    try:
        told = label_of(document).label
    except ValueError as refused:
        told = str(refused)
    assert told
