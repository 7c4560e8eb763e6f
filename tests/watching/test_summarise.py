"""New records become answers per version and bucket, exactly."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.statistics.histogram import bucket_of
from gateway.watching import summarise
from gateway.watching.summarise import Group
from gateway.watching.summary import Answers
from tests.watching.conftest import MakeLake
from tests.watching.watched import START, prediction, record

MINUTE = 60_000_000
FIRST = START * 1_000_000
EVERYTHING = 2**60


def test_records_are_counted_once_by_their_time(lake_of: MakeLake) -> None:
    """Later than the one time, up to the other, both in microseconds."""
    lake = lake_of([record(n, START + n) for n in range(10)])
    assert summarise.load(lake.connection, FIRST, FIRST + 5_000_000) == 5
    assert summarise.load(lake.connection, FIRST + 5_000_000, FIRST + 9_000_000) == 4
    assert summarise.per_second(lake.connection, FIRST, FIRST + 2_000_000) == [(START + 1, 1), (START + 2, 1)]


def test_answers_are_counted_by_version_and_bucket(lake_of: MakeLake) -> None:
    """Outcomes, latency and waiting; those that no version gave have none."""
    lake = lake_of(
        [
            record(0, START, latency_ms=2.0, queue_ms=0.1),
            record(1, START + 1, status=500, outcome="server_error", latency_ms=3.0, queue_ms=None),
            record(2, START + 60, latency_ms=4.0, queue_ms=0.2),
            record(3, START + 2, status=429, outcome="refused", version=None, chosen=None, queue_ms=None),
            record(4, START + 2, route="other"),
        ]
    )
    summarise.load(lake.connection, 0, EVERYTHING)
    found = summarise.answers(lake.connection, "late", MINUTE)
    assert found["v1", FIRST] == Answers(
        2, {"ok": 1, "server_error": 1}, {bucket_of(2000): 1, bucket_of(3000): 1}, {bucket_of(100): 1}, 2, 0
    )
    assert found["v1", FIRST + MINUTE].n == 1
    assert found["", FIRST].outcomes == {"refused": 1}
    assert len(found) == 3


def test_a_fallback_is_the_chosen_versions(lake_of: MakeLake) -> None:
    """The version that was down is the one to look at, and no answer at all is no fallback."""
    lake = lake_of(
        [
            record(0, START, chosen="v2"),
            record(1, START, chosen="v2", version="v2"),
            record(2, START, chosen="v2", version=None, status=503, outcome="unavailable"),
        ]
    )
    summarise.load(lake.connection, 0, EVERYTHING)
    found = summarise.answers(lake.connection, "late", MINUTE)
    assert (found["v2", FIRST].chosen, found["v2", FIRST].fallbacks) == (3, 1)
    assert found["v1", FIRST].fallbacks == 0


def test_groups_are_those_that_answered_something(lake_of: MakeLake) -> None:
    """A version that runs elsewhere has no model."""
    lake = lake_of(
        [
            prediction(0, START, 1.0, 0.5),
            prediction(1, START, 1.0, 0.5, version="far", model=None),
            record(2, START, version="v2", status=500, outcome="server_error"),
        ]
    )
    summarise.load(lake.connection, 0, EVERYTHING)
    found = summarise.groups(lake.connection, "late")
    assert found == [Group("late", "far", None), Group("late", "v1", "models/v1")]


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    """Return a DuckDB for all examples."""
    return duckdb.connect()


@given(st.one_of(st.integers(-5, 2**34), st.integers(0, 33).map(lambda it: 2**it)))
def test_latencies_fall_into_the_buckets_that_metrics_have(
    engine: duckdb.DuckDBPyConnection, micros: int
) -> None:
    """At every power of two and between."""
    for near in (micros - 1, micros, micros + 1):
        query = (
            f"SELECT {summarise.BUCKET} FROM (SELECT {near} AS us, {summarise.SHIFT.format(us=near)} AS s)"
        )
        row = engine.execute(query).fetchone()
        assert row == (bucket_of(near),)
