"""Sticky keys: one draw per span, and per start one bad event of each metric."""

from __future__ import annotations

from gateway.rollout.keys import KeyCounts

STABLE, CANARY = 0, 1


def counted(spans: int) -> KeyCounts:
    """Return counts with room for so many spans."""
    counts = KeyCounts()
    counts.grow(spans)
    return counts


def test_a_key_draws_once_in_each_span() -> None:
    """A second worker that calls a request the key's first adds no draw, however late its span comes up."""
    counts = counted(2)
    for place in (0, 1, 0, 1):
        counts.draw(place, 7, CANARY, 0)
    counts.draw(1, 8, STABLE, 0)
    assert counts.draws == [[0, 1], [1, 1]]


def test_a_draw_is_bad_if_that_very_request_was() -> None:
    """What is bad later is none of it: else users would be used up, and sooner by the worse version."""
    counts = counted(1)
    counts.draw(0, 7, CANARY, 0b01)
    counts.draw(0, 7, CANARY, 0b10)  # another worker's first request of the same key
    counts.draw(0, 8, CANARY, 0)
    counts.bad(0, 8, CANARY, 0b01)
    assert counts.draws[0][CANARY] == 2
    assert counts.bad_draws[0][CANARY][:2] == [1, 0]
    assert counts.bad_draws[0][STABLE][:2] == [0, 0]


def test_a_bad_event_counts_for_the_starts_since_the_last_one() -> None:
    """Who was bad in the first span counts in the third for the starts after the first alone."""
    counts = counted(3)
    counts.bad(0, 7, CANARY, 1)
    counts.bad(2, 7, CANARY, 1)
    assert [start[CANARY][0] for start in counts.firsts[0]] == [1]
    assert [start[CANARY][0] for start in counts.firsts[2]] == [0, 1, 1]


def test_a_bad_event_counts_once_in_a_span() -> None:
    """What a second worker saw of the same key adds nothing."""
    counts = counted(1)
    counts.bad(0, 7, CANARY, 1)
    counts.bad(0, 7, CANARY, 1)
    assert counts.firsts[0][0][CANARY][0] == 1


def test_an_earlier_span_that_ends_late_counts_for_no_start() -> None:
    """A key that was bad in a later span already had its bad event, whichever span one starts from."""
    counts = counted(2)
    counts.bad(1, 7, STABLE, 1)
    counts.bad(0, 7, STABLE, 1)
    assert counts.firsts[0][0][STABLE][0] == 0
    counts.bad(1, 7, STABLE, 1)
    assert [start[STABLE][0] for start in counts.firsts[1]] == [1, 1]


def test_each_metric_counts_by_itself() -> None:
    """One request that failed and was slow is a bad event of both; keys next to each other do not mix."""
    counts = counted(1)
    counts.bad(0, 7, CANARY, 0b101)
    counts.bad(0, 7, CANARY, 0b110)
    counts.bad(0, 8, CANARY, 0b001)
    assert counts.firsts[0][0][CANARY] == [2, 1, 1, 0, 0, 0, 0, 0]
