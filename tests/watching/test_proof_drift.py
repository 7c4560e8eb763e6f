"""The query behind drift gives what the detector gives, however predictions are clumped."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.statistics.drift import psi, psi_excess
from gateway.watching.basis import Binning
from gateway.watching.proof_drift import query

COUNTS = st.lists(st.integers(0, 40), min_size=4, max_size=4)


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    """Return a DuckDB for all examples."""
    return duckdb.connect()


@given(COUNTS.filter(any), st.lists(COUNTS.filter(any), min_size=1, max_size=6))
def test_it_is_the_excess_over_chance(
    engine: duckdb.DuckDBPyConnection, reference: list[int], buckets: list[list[int]]
) -> None:
    """Beside the index itself, and how many predictions there were."""
    binning = Binning("x", "number", (1.0, 2.0, 3.0), counts=tuple(reference))
    rows = [
        (start, bin_)
        for start, counts in enumerate(buckets)
        for bin_, n in enumerate(counts)
        for _ in range(n)
    ]
    seen = ", ".join(f"({start}, {bin_})" for start, bin_ in rows)
    found = engine.execute(
        f"WITH seen AS (FROM (VALUES {seen}) t(start, value)), {query('drift', binning, 'value')}"
    )
    excess, n, index, _ = found.fetchone() or ()
    assert n == len(rows)
    assert index == pytest.approx(psi(reference, [sum(place) for place in zip(*buckets, strict=True)]))
    assert excess == pytest.approx(psi_excess(reference, buckets), abs=1e-9)
