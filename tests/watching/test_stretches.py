"""How time is divided."""

from __future__ import annotations

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from gateway.watching.stretches import Stretch, parameter, start_of

EVERY = 60_000_000
TIMES = st.integers(1, 4_000_000_000_000_000)


@given(TIMES, TIMES)
def test_a_bucket_begins_at_a_multiple_of_its_length(answered: int, latest: int) -> None:
    """By the time of the answer, or by the time said unless that lies in the future."""
    with duckdb.connect() as engine:
        said = f"'{answered / 1e6:.6f}'"
        own = Stretch(EVERY, "x", latest, otherwise=7 * EVERY)
        columns = f"{start_of('', Stretch(EVERY))}, {start_of(said, own)}"
        row = engine.execute(f"SELECT {columns} FROM (SELECT {answered} AS micros)").fetchone()
    assert row is not None
    assert row[0] == answered // EVERY * EVERY
    if abs(answered - latest) > 5:  # a double has no more digits
        expected = answered if answered <= latest else 7 * EVERY
        assert abs(row[1] - expected // EVERY * EVERY) in (0, EVERY if expected % EVERY < 5 else 0)


def test_a_parameter_of_any_name_is_found() -> None:
    """Dots and quotes are part of a name."""
    with duckdb.connect() as engine:
        for name in ("when", "a.b", "it's", 'say "x"'):
            query = f"SELECT {parameter(name)} FROM (SELECT json_object($name, 'here') AS parameters)"
            assert engine.execute(query, {"name": name}).fetchone() == ("here",)
