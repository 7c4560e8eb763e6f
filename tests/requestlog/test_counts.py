"""Counts and gaps: carried through JSON, and added up by worker and reason."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.counts import Counts, Gaps, read_counts
from gateway.requestlog.intake import Loss

NUMBER = st.integers(0, 2**53)
DROPS = st.dictionaries(st.sampled_from(["full", "x"]), NUMBER)


@given(
    st.builds(
        Counts,
        NUMBER,
        NUMBER,
        NUMBER,
        NUMBER,
        NUMBER,
        st.dictionaries(st.sampled_from(["full", "x"]), NUMBER),
    )
)
def test_counts_are_read_back(counts: Counts) -> None:
    """What a recorder leaves the next one finds."""
    assert read_counts(counts.document()) == counts


def test_what_is_not_said_is_nothing() -> None:
    """A mark of another version may say less."""
    assert read_counts({"life": 3}) == Counts(3)


def test_drops_are_added_up_by_reason() -> None:
    """Whatever worker they are of."""
    counts = Counts(1)
    for reason, records in (("full", 2), ("disk_full", 1), ("full", 3)):
        counts.drop(reason, records)
    assert counts.dropped == {"full": 5, "disk_full": 1}


def test_gaps_of_one_worker_and_reason_are_one() -> None:
    """From the first to the last time; others stand beside it."""
    gaps = Gaps()
    assert not gaps
    gaps.add(Loss(0, "full", 2), 10, 20)
    gaps.add(Loss(1, "full", 7), 5, 6)
    gaps.add(Loss(0, "full", 3), 15, 30)
    assert gaps.documents() == [
        {"worker": 0, "from": 10, "to": 30, "records": 5, "reason": "full"},
        {"worker": 1, "from": 5, "to": 6, "records": 7, "reason": "full"},
    ]
    assert len(gaps) == 2
    again = Gaps()
    again.restore(gaps.documents())
    assert again == gaps
    gaps.clear()
    assert not gaps


def test_one_loss_is_one_gap() -> None:
    """For what is written in the very batch that lacks it."""
    assert Gaps.of(Loss(4, "unreadable", 1), 2, 3) == [
        {"worker": 4, "from": 2, "to": 3, "records": 1, "reason": "unreadable"}
    ]
