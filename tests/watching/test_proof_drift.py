"""The query behind drift gives what the detector gives, however predictions are clumped."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.statistics.drift import Days, psi, psi_excess
from gateway.watching.basis import Binning
from gateway.watching.harvests import DAY
from gateway.watching.proof_drift import query

COUNTS = st.lists(st.integers(0, 40), min_size=4, max_size=4)


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    """Return a DuckDB for all examples."""
    return duckdb.connect()


@given(
    COUNTS.filter(any),
    st.lists(COUNTS.filter(any), min_size=1, max_size=9),
    st.floats(0, 1),
    st.integers(0, 60),
    st.integers(1, 6),
)
def test_it_is_the_excess_over_chance(
    engine: duckdb.DuckDBPyConnection,
    reference: list[int],
    buckets: list[list[int]],
    clumping: float,
    days: int,
    a_day: int,
) -> None:
    """Beside the index itself, and how many predictions there were; by what is known of days, too."""
    binning = Binning("x", "number", (1.0, 2.0, 3.0), counts=tuple(reference), days=days, clumping=clumping)
    rows = [
        (7 + start, bin_)
        for start, counts in enumerate(buckets)
        for bin_, n in enumerate(counts)
        for _ in range(n)
    ]
    seen = ", ".join(f"({start}, {bin_})" for start, bin_ in rows)
    made = query("drift", binning, "value", -(-DAY // a_day))
    found = engine.execute(f"WITH seen AS (FROM (VALUES {seen}) t(start, value)), {made}")
    excess, n, index, _ = found.fetchone() or ()
    assert n == len(rows)
    assert index == pytest.approx(psi(reference, [sum(place) for place in zip(*buckets, strict=True)]))
    known = Days(clumping, days, -(-len(buckets) // a_day)) if days else None
    wanted = psi_excess(reference, buckets, known)
    assert excess is None if wanted is None else excess == pytest.approx(wanted, abs=1e-9)
