"""One request in words and numbers."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.control.pages.request_view import MOST_NAMES, MOST_ROWS, MOST_TEXT, because, timing, view_of


def found(**given: Any) -> dict[str, Any]:
    """Return a request as the log has it."""
    return {
        "id": "a'1", "route": "late", "why": "weights", "revision": 7, "chosen": "blue", "version": "blue",
        "latency_ms": 4.0, "queue_ms": 1.0, "service_ms": 2.0, "inputs": None, "outputs": None,
        "parameters": None, "request_body": None, "response_body": None, "notes": [], **given,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "the weights of revision 7 sent it there"),
        ({"why": "sticky"}, "its sticky key kept it on this version by the weights of then (revision 7)"),
        ({"why": "override"}, "an override in routing.yaml"),
        ({"why": "preview"}, "the request itself named the version"),
        ({"version": "green"}, "blue was chosen; it was down, so the request fell back to green"),
        ({"version": None}, "blue was chosen, but no replica of it answered"),
        ({"why": None, "chosen": None, "version": None}, "it was answered before a version was chosen"),
        ({"route": None}, "no route matches its path"),
    ],
)
def test_why_it_went_there_is_a_sentence(given: dict[str, Any], told: str) -> None:
    """For each way of choosing, and for what came between."""
    assert told in because(found(**given))


def test_the_parts_of_its_time_are_the_whole() -> None:
    """What is not waiting or work is the answer's way back."""
    parts = timing(found())
    assert [(part["ms"], part["begin"], part["percent"]) for part in parts] == [
        (1, 0, 25),
        (2, 25, 50),
        (1, 75, 25),
    ]
    assert timing(found(latency_ms=None)) == timing(found(latency_ms=0.0)) == []
    assert sum(part["ms"] for part in timing(found(service_ms=None, queue_ms=None))) == 4.0


def test_a_page_does_not_show_more_than_people_read() -> None:
    """And says what it leaves out."""
    inputs = {f"f{number}": list(range(20)) for number in range(MOST_NAMES + 5)}
    [(_, side)] = view_of(found(inputs=inputs))["sides"]
    assert (len(side["lines"]), len(side["rows"]), len(side["lines"][0][1])) == (
        MOST_NAMES,
        MOST_ROWS,
        MOST_ROWS,
    )
    assert side["left_out"] == "5 more fields and 12 more rows"
    [(_, body, length)] = view_of(found(request_body="x" * 9_000))["bodies"]
    assert (len(body), length) == (MOST_TEXT + 1, 9_000)


def test_rows_of_different_lengths_stay_in_their_columns() -> None:
    """A field with fewer values leaves cells empty; what is no list is one value."""
    [(_, side)] = view_of(found(outputs={"a": [1, "x"], "b": [None], "c": {"d": 1}}))["sides"]
    assert side["lines"] == [("a", ["1", "x"]), ("b", ["null", ""]), ("c", ['{"d": 1}', ""])]
    [(_, side)] = view_of(found(parameters=[1]))["sides"]
    assert side["lines"] == [("", ["[1]"])]


def test_notes_are_explained_and_the_query_is_quoted() -> None:
    """One that is not known is shown as it is."""
    view = view_of(found(notes=["filtered", "new_one"]))
    assert view["told"][0][1].startswith("the route's filter")
    assert view["told"][1] == ("new_one", "")
    assert view["sql"].endswith("id = 'a''1'")
