"""What is held against a replica: failures in a row, and how often it was ejected lately."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.outliers import OutlierRecord, most_ejected
from gateway.routing.settings import Outliers

SETTINGS = Outliers(failures=5, ejection=10, longest=100, most=50)


def test_failures_in_a_row_count_and_a_success_ends_the_row() -> None:
    """Four and four are not eight."""
    record = OutlierRecord(SETTINGS)
    row = [False] * 4 + [True] + [False] * 4
    assert not any(record.is_due(ok) for ok in row)
    assert record.is_due(False)


def test_it_stays_due_until_it_is_ejected_and_not_beyond() -> None:
    """Its share may have been taken by others; late answers to an ejected replica eject nobody again."""
    record = OutlierRecord(SETTINGS)
    assert [record.is_due(False) for _ in range(7)] == [False] * 4 + [True] * 3
    record.eject(100.0)
    assert not record.is_due(False)


def test_none_is_ever_due_where_ejection_is_off() -> None:
    """0 failures: never."""
    record = OutlierRecord(Outliers(failures=0))
    assert not any(record.is_due(False) for _ in range(100))


def test_each_ejection_is_twice_as_long_up_to_the_longest() -> None:
    """Where the replica fails again at once."""
    record, now, lengths = OutlierRecord(SETTINGS), 1000.0, []
    for _ in range(6):
        lengths.append(record.eject(now))
        assert record.until == now + lengths[-1]
        now = record.until
        record.end(now)
        assert record.failures == 0
    assert lengths == [10, 20, 40, 80, 100, 100]


def test_calm_is_forgiven_period_by_period() -> None:
    """One time less for each length of a first ejection without one."""
    record, now = OutlierRecord(SETTINGS), 1000.0
    for _ in range(4):
        record.eject(now)
        now = record.until
        record.end(now)
    assert record.times == 4
    assert record.eject(now + 25) == 40
    record.end(now + 65)
    assert record.eject(now + 10_000) == 10


def test_many_ejections_do_not_overflow() -> None:
    """Thousands of them in a row last as long as the longest."""
    record = OutlierRecord(SETTINGS)
    for turn in range(5000):
        record.eject(float(turn) / 1000)
    assert record.eject(5.0) == 100


@pytest.mark.parametrize(
    ("replicas", "most", "expected"),
    [(1, 50, 0), (2, 50, 1), (3, 50, 1), (10, 33, 3), (4, 100, 4), (9, 0, 0)],
)
def test_the_share_is_rounded_down(replicas: int, most: float, expected: int) -> None:
    """So a lone replica is never ejected at 50 %."""
    assert most_ejected(replicas, Outliers(most=most)) == expected


@given(st.integers(1, 256), st.integers(0, 100))
def test_the_share_is_never_exceeded(replicas: int, most: int) -> None:
    """And is used as far as whole replicas go."""
    ejected = most_ejected(replicas, Outliers(most=most))
    assert ejected * 100 <= most * replicas < (ejected + 1) * 100
