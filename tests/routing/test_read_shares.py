"""Shares and numbers: what could be percent or a fraction is asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.read_shares import number, share, share_of
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Scalar


def node(value: str) -> Scalar:
    """Return a value as a file has it."""
    return Scalar(value, 1, 1, 0, len(value), "")


@pytest.mark.parametrize(
    ("value", "meaning"),
    [("10%", 0.1), ("0.1", 0.1), ("1", 1.0), ("1.0", 1.0), ("100%", 1.0), ("0", 0.0), ("0.5 %", 0.005)],
)
def test_a_share_is_percent_or_a_fraction(value: str, meaning: float) -> None:
    """The sign tells which."""
    report = Report()
    assert share(report, node(value), "sample") == pytest.approx(meaning)
    assert not report.problems


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("50", "is it percent, then write `50%`"),
        ("101", "at most `100%`"),
        ("150%", "at most `100%`"),
        ("-1%", "from `0%` to `100%`"),
        ("half", "such as `10%` or `0.1`"),
        ("1e-3", "such as `10%` or `0.1`"),
        ("nan", "such as `10%` or `0.1`"),
    ],
)
def test_a_mistake_in_a_share_is_told(value: str, says: str) -> None:
    """One sentence, with what to write instead."""
    report = Report()
    assert share(report, node(value), "sample") is None
    [problem] = report.problems
    assert says in problem.message


@given(st.integers(0, 100_000))
def test_any_share_that_is_shown_is_read(thousandths: int) -> None:
    """What `gateway history` shows can be copied into the file."""
    found = share_of(f"{thousandths / 1000:g}%")
    assert found == pytest.approx(thousandths / 100_000)


@pytest.mark.parametrize(("value", "meaning"), [("10", 10.0), ("-2.5", -2.5), ("0", 0.0)])
def test_a_number_may_be_negative(value: str, meaning: float) -> None:
    """Edges of buckets are temperatures, too."""
    assert number(Report(), node(value), "buckets", "10") == meaning


@pytest.mark.parametrize("value", ["1e3", "nan", "inf", "1,5", "x", "0x10"])
def test_a_number_is_plain(value: str) -> None:
    """What Python would take as a number is still not what people write."""
    report = Report()
    assert number(report, node(value), "buckets", "10") is None
    [problem] = report.problems
    assert "must be a number such as `10`" in problem.message
