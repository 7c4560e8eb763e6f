"""Rows as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.queries.rows import EXACT, cell, writer_of


def written(rows: list[tuple[Any, ...]], *, as_csv: bool) -> bytes:
    """Write rows of one column."""
    writer = writer_of(["a"], ["VARCHAR"], as_csv=as_csv)
    for row in rows:
        writer.row(row)
    return writer.end(truncated=False, seconds=0.5)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_a_text_that_looks_like_a_formula_is_marked_as_text(text: str) -> None:
    """Clients put what they like into paths; a spreadsheet would run it. Names of columns count as well."""
    assert cell(text) == f"'{text}"
    writer = writer_of([text], ["VARCHAR"], as_csv=True)
    assert next(csv.reader(io.StringIO(writer.end(truncated=False, seconds=0).decode(), newline=""))) == [
        f"'{text}"
    ]


@pytest.mark.parametrize("value", [-1, -1.5, Decimal("-2"), None, True, "a=b", "", "'=1"])
def test_numbers_and_other_texts_stay_what_they_are(value: Any) -> None:
    """A negative number is no formula."""
    assert cell(value) == value


def test_csv_is_as_the_standard_has_it() -> None:
    """Lines end in CR LF; quotes, commas and line ends stand in quotes."""
    found = written([("a,b",), ('say "so"',), ("two\nlines",), (None,), ([1, "x"],)], as_csv=True)
    assert found == b'a\r\n"a,b"\r\n"say ""so"""\r\n"two\nlines"\r\n""\r\n"[1, ""x""]"\r\n'


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1)))
def test_what_was_written_can_be_read(texts: list[str]) -> None:
    """No text breaks out of its cell, and none begins as a formula does."""
    found = list(
        csv.reader(io.StringIO(written([(text,) for text in texts], as_csv=True).decode(), newline=""))
    )
    assert [row[0].removeprefix("'") for row in found[1:]] == [text.removeprefix("'") for text in texts]
    assert not any(row[0].startswith(("=", "+", "-", "@", "\t", "\r")) for row in found)


def test_json_has_every_kind_of_value() -> None:
    """Times in ISO 8601, no number that a reader would round, nothing that is no JSON."""
    at = datetime(2026, 11, 21, 9, tzinfo=UTC)
    values = [at, Decimal("1.5"), float("nan"), EXACT + 1, EXACT, {"a": [-EXACT - 1]}, timedelta(1), "<b>"]
    found = json.loads(written([(value,) for value in values], as_csv=False))
    assert [row[0] for row in found["rows"]] == [
        "2026-11-21T09:00:00Z", 1.5, None, str(EXACT + 1), EXACT, {"a": [str(-EXACT - 1)]}, "1 day, 0:00:00",
        "<b>",
    ]  # fmt: skip
    assert (found["columns"], found["types"], found["seconds"], found["truncated"]) == (
        ["a"], ["VARCHAR"], 0.5, False,
    )  # fmt: skip
