"""Values are counted in the bins that Python would put them into."""

from __future__ import annotations

import json
from bisect import bisect_left
from math import inf
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.watching.basis import Binning
from gateway.watching.bins_sql import measure

FLOATS = st.floats(-1e9, 1e9)


@pytest.fixture(scope="module")
def connection() -> Any:
    """Return a DuckDB for all examples."""
    with duckdb.connect() as made:
        yield made


def evaluated(connection: Any, text: str | None, binning: Binning) -> dict[str, Any]:
    """Return what each expression of a measure says of one value."""
    it = measure("given", binning)
    names = ("bin", "missing", "outside", "unknown", "positive", "confidence")
    parts = ", ".join(f"{getattr(it, name)} AS {name}" for name in names)
    source = "(SELECT $text::VARCHAR AS given)"
    query = f"SELECT {parts} FROM (SELECT {it.text} AS text, {it.value} AS value FROM {source})"
    return dict(zip(names, connection.execute(query, {"text": text}).fetchone(), strict=True))


@given(st.lists(FLOATS, min_size=1, max_size=9, unique=True).map(sorted), FLOATS)
def test_numbers_lie_above_the_edges_below_them(connection: Any, edges: list[float], number: float) -> None:
    """An edge belongs to the bin that ends there, as in model.yaml."""
    binning = Binning("x", "number", tuple(edges), counts=(1,) * (len(edges) + 1))
    for given_number in (number, edges[0], edges[-1]):
        found = evaluated(connection, json.dumps(given_number), binning)
        assert found["bin"] == bisect_left(edges, given_number)
        assert not found["missing"]


@given(st.sampled_from(["AA", "B'6", 'U"A', "ZZ", "", "aa"]))
def test_categories_have_their_place(connection: Any, text: str) -> None:
    """What the model never saw is new, and in the bin for all others."""
    names = ("AA", "B'6", 'U"A')
    found = evaluated(connection, text, Binning("x", "category", categories=names, is_closed=True))
    assert found["bin"] == (names.index(text) if text in names else 3)
    assert found["unknown"] == (text not in names)


@pytest.mark.parametrize("text", [None, "NaN", "inf", "many", "[1]"])
def test_what_is_no_number_is_missing(connection: Any, text: str | None) -> None:
    """And in no bin, and not out of range."""
    binning = Binning("x", "number", (1.0,), counts=(1, 1), low=0.0, high=5.0)
    found = evaluated(connection, text, binning)
    assert (found["bin"], found["missing"], bool(found["outside"])) == (None, True, False)


@pytest.mark.parametrize(("text", "is_outside"), [("-1", True), ("0", False), ("5", False), ("5.1", True)])
def test_the_declared_range_includes_its_ends(connection: Any, text: str, is_outside: bool) -> None:
    """As the model service has it."""
    found = evaluated(connection, text, Binning("x", "number", (1.0,), counts=(1, 1), low=0.0, high=5.0))
    assert found["outside"] is is_outside
    open_end = evaluated(connection, text, Binning("x", "number", (1.0,), counts=(1, 1), low=-inf, high=inf))
    assert not open_end["outside"]


def test_probabilities_and_flags_count_the_positive(connection: Any) -> None:
    """At or above the threshold; confidence is how far from undecided."""
    share = Binning("p", "probability", (0.5,), counts=(1, 1), threshold=0.3)
    assert evaluated(connection, "0.3", share)["positive"] is True
    assert evaluated(connection, "0.29", share)["positive"] is False
    assert evaluated(connection, "0.2", share)["confidence"] == pytest.approx(0.8)
    flag = Binning("late", "flag")
    assert [evaluated(connection, text, flag)["bin"] for text in ("false", "true", None)] == [0, 1, None]
    assert evaluated(connection, "true", flag)["positive"] is True


def test_without_a_reference_nothing_is_in_a_bin(connection: Any) -> None:
    """Numbers and categories alike."""
    assert evaluated(connection, "3", Binning("x", "number"))["bin"] is None
    assert evaluated(connection, "AA", Binning("x", "category"))["bin"] is None
