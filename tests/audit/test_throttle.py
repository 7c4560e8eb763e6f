"""Who floods the trail gets some entries a minute, and the rest is counted, all of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.throttle import KINDS, TOLD, WINDOW, Throttle


def test_some_are_told_and_the_rest_is_counted() -> None:
    """Each kind by itself, anew in each window."""
    throttle = Throttle()
    told = [throttle.admit(("401", "a"), 1.0) for _ in range(TOLD + 5)]
    assert told.count(True) == TOLD
    assert throttle.admit(("401", "b"), 1.0)
    assert throttle.left_out(2.0) == []
    assert throttle.left_out(1.0 + WINDOW) == [(("401", "a"), 5)]
    assert throttle.admit(("401", "a"), 2.0 + WINDOW)


def test_very_many_kinds_are_counted_together() -> None:
    """Whoever makes up a new one each time gains nothing by it."""
    throttle = Throttle()
    told = [throttle.admit((str(n),), 0.0) for n in range(KINDS + 500)]
    assert told.count(True) == KINDS + TOLD
    assert throttle.left_out(0.0, everything=True) == [(("various",), 500 - TOLD)]


def test_what_had_no_room_is_counted_too() -> None:
    """With what the throttle left out."""
    throttle = Throttle()
    throttle.leave_out(("401", "a"), 0.0)
    assert throttle.left_out(0.0, everything=True) == [(("401", "a"), 1)]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 40)), max_size=200))
def test_nothing_is_lost(tries: list[tuple[str, float]]) -> None:
    """What was told and what was counted is all there was."""
    throttle, now, told, counted = Throttle(), 0.0, 0, 0
    for kind, pause in tries:
        now += pause
        told += throttle.admit((kind,), now)
        counted += sum(count for _, count in throttle.left_out(now))
    counted += sum(count for _, count in throttle.left_out(now, everything=True))
    assert told + counted == len(tries)
