"""Where an error in a query is."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.queries.place import Place, place_of
from gateway.requestlog.query_errors import first_lines


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("SELECT nothing FROM range(1)", Place(1, 8)),
        ("SELECT 1,\n  2,,\n  3", Place(2, 5)),
        ("SELECT " + "1, " * 200 + "nothing FROM range(1)", Place(1, 608)),
        ("-- a remark\n\nSELECT 1,\n nothing FROM range(1)", Place(4, 2)),
        ("SELECT 'é', nothing FROM range(1)", Place(1, 13)),
        ("SELECT 'ö😀漢',\t\tnothing FROM range(1)", Place(1, 16)),
        ("SELECT range,\n count(*)\nFROM range(1)\nGROUP BY\nrang", Place(5, 1)),
        ("SELECT 1,\r\n nothing\r\nFROM range(1)", Place(2, 2)),
    ],
)
def test_the_place_is_that_in_the_query_itself(sql: str, place: Place) -> None:
    """Whatever was put around the query, and however long its lines are."""
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as found:
        connection.execute(f"DESCRIBE SELECT * FROM (\n{sql}\n)")
    assert place_of(first_lines(found.value), sql) == place


def test_an_error_without_a_place_has_none() -> None:
    """Such as that a query takes too long."""
    assert place_of("the query took longer than 10 s", "SELECT 1") is None
    assert place_of("LINE 1: SELECT what is not there\n        ^", "SELECT 1") is None


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_is_too_strange(error: str, sql: str) -> None:
    """A place is in the query, or there is none."""
    found = place_of(f"LINE 1: {error}\n        ^", sql)
    assert found is None or found.line <= len(sql.split("\n"))
