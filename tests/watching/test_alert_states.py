"""The states of an alert: one table, and what follows from it."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.watching.alert_states import READINGS, STATES, TABLE, Course, Reading, State, step

MINUTE = 60.0


def run(readings: list[Reading], hold: float, start: Course = Course()) -> list[Course]:  # noqa: B008 - frozen
    """Return where an alert stands after each reading, a minute apart."""
    found = [start]
    for number, reading in enumerate(readings):
        found.append(step(found[-1], reading, 1_000.0 + number * MINUTE, hold))
    return found[1:]


def test_the_table_says_something_of_every_case() -> None:
    """Each state with each reading, and nothing else."""
    assert set(TABLE) == set(product(STATES, READINGS))


def test_an_alert_fires_once_it_has_held_long_enough() -> None:
    """Pending first, with the time at which it began; resolved once it has not held for as long."""
    after = run(["not", "holds", "holds", "holds", "not", "not", "not"], 2 * MINUTE)
    states: list[State] = ["inactive", "pending", "pending", "firing", "firing", "firing", "resolved"]
    assert [it.state for it in after] == states
    assert after[3].since == 1_060.0
    assert after[3].fired == 1_180.0
    assert after[6].resolved == 1_360.0


def test_without_a_hold_it_fires_at_once() -> None:
    """And is resolved at once."""
    assert [it.state for it in run(["holds", "not", "holds"], 0.0)] == ["firing", "resolved", "firing"]


def test_a_short_return_does_not_resolve_it() -> None:
    """The time without begins anew each time it holds again."""
    after = run(["holds", "holds", "not", "holds", "not", "not"], 2 * MINUTE, Course("firing"))
    assert {it.state for it in after} == {"firing"}


@pytest.mark.parametrize("state", STATES)
def test_no_data_changes_no_state_and_says_so(state: State) -> None:
    """Nights without traffic neither raise nor resolve an alarm, nor does the time count that passes."""
    before = Course(state, "holds", turned=500.0, since=500.0)
    after = step(before, "no data", 1_000.0, 0.0)
    assert (after.state, after.turned, after.since, after.is_blind) == (state, 500.0, 500.0, True)


def test_time_without_data_does_not_count_as_lasting() -> None:
    """A pending alert that was blind for longer than its hold begins anew; for shorter it goes on."""
    night: list[Reading] = ["no data"] * 60
    after = run(["holds", *night, "holds", "holds", "holds"], 2 * MINUTE)
    assert [it.state for it in after[-3:]] == ["pending", "pending", "firing"]
    assert after[-1].since == after[-3].seen
    assert run(["holds", "no data", "holds"], 2 * MINUTE)[-1].state == "firing"


def test_nor_does_it_for_the_end() -> None:
    """One good moment on either side of a night is not the end of an alarm."""
    night: list[Reading] = ["no data"] * 60
    after = run(["not", *night, "not"], 2 * MINUTE, Course("firing", "holds", turned=500.0, since=500.0))
    assert after[-1].state == "firing"


@given(st.lists(st.sampled_from(READINGS), max_size=60), st.sampled_from([0.0, 60.0, 150.0, 600.0]))
def test_what_holds_of_every_course(readings: list[Reading], hold: float) -> None:
    """It fires only after it held for `hold`, is resolved only from firing, and only when not holding."""
    courses = [Course(), *run(readings, hold)]
    for (before, after), reading in zip(pairwise(courses), readings, strict=True):
        assert after.state in TABLE[before.state, reading]
        if after.state == "firing" != before.state:
            assert reading == "holds"
            assert after.fired - after.turned >= hold
            assert 0 < after.since <= after.fired
        if after.state == "resolved" != before.state:
            assert (before.state, reading) == ("firing", "not")
            assert after.resolved - after.turned >= hold
        assert after.is_blind == (reading == "no data")
