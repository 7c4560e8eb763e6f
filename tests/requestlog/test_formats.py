"""SQL made of paths and names is still the SQL that was meant."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.formats import file_list, identifier, lines, literal, nothing, sealed
from gateway.requestlog.places import LogPlaces
from tests.requestlog.lake_log import record, segment

TEXTS = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), min_size=1, max_size=30)


@given(TEXTS)
def test_any_text_is_itself_again(text: str) -> None:
    """As a value and as a name."""
    connection = duckdb.connect()
    try:
        found = connection.execute(f"SELECT {literal(text)} AS {identifier(text)}")
        assert found.description is not None
        assert (found.description[0][0], found.fetchone()) == (text, (text,))
    finally:
        connection.close()


@pytest.mark.parametrize("name", ["it's", "a,b", "[x]", "q?*"])
def test_any_folder_can_be_read(name: str, tmp_path: Path) -> None:
    """Signs that mean something to SQL are read as they are; so are stars, as far as one file goes."""
    places = LogPlaces(tmp_path / name)
    path = segment(places, 0, [record(0)])
    connection = duckdb.connect()
    try:
        count = connection.execute(f"SELECT count(id) FROM {lines([path], ('id',))}").fetchone()
    finally:
        connection.close()
    assert count == (1,)


def test_lists_and_empty_tables() -> None:
    """Their text is SQL."""
    assert file_list([Path("/a"), "b'c"]) == "['/a', 'b''c']"
    assert sealed(["/a"]).startswith("read_parquet(['/a']")
    connection = duckdb.connect()
    try:
        found = connection.execute(nothing({"a b": "BIGINT"}))
        assert found.description is not None
        assert (found.description[0][0], found.fetchall()) == ("a b", [])
    finally:
        connection.close()
