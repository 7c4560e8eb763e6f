"""The one table of a rollout's states."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from gateway.errors import ChangeRefused
from gateway.routing.rollout_states import TRANSITIONS, Event, after
from gateway.routing.rollouts import State

STATES: tuple[State, ...] = get_args(State)
EVENTS: tuple[Event, ...] = get_args(Event)
ACTIVE = ("progressing", "paused")


@pytest.mark.parametrize(("state", "event"), list(itertools.product(STATES, EVENTS)))
def test_what_is_not_in_the_table_is_refused_with_what_is_possible(state: State, event: Event) -> None:
    """Every pair either leads to the state of the table or to a sentence that helps."""
    if (state, event) in TRANSITIONS:
        assert after(state, event) == TRANSITIONS[state, event]
        return
    with pytest.raises(ChangeRefused) as refused:
        after(state, event)
    said = str(refused.value)
    assert f"`{event}` is not possible" in said
    for at, name in TRANSITIONS:
        assert (name in said.partition("possible is: ")[2].split(", ")) == ((state, name) in TRANSITIONS) or (
            at != state
        )


def test_whatever_is_under_way_can_be_ended_by_everybody() -> None:
    """Nothing is ever so that a version could not be taken back."""
    for state in ACTIVE:
        for event in ("fail", "abort", "roll_back"):
            assert TRANSITIONS[state, event] == "degraded"  # type: ignore[index]
        assert TRANSITIONS[state, "take_over"] == "healthy"  # type: ignore[index]


def test_what_is_over_begins_only_with_a_start_or_a_switch() -> None:
    """No late verdict and no late person moves what has ended."""
    for state in ("healthy", "degraded"):
        possible = {event for at, event in TRANSITIONS if at == state}
        assert possible == {"start", "complete", "roll_back", "take_over"}


def test_a_second_rollout_cannot_begin_before_the_first_has_ended() -> None:
    """One canary at a time on a route."""
    for state in ACTIVE:
        assert (state, "start") not in TRANSITIONS


def test_every_state_can_be_reached_and_left() -> None:
    """From a route that never had a rollout."""
    reached: set[State] = {"healthy"}
    for _ in STATES:
        reached |= {to for (at, _), to in TRANSITIONS.items() if at in reached}
    assert reached == set(STATES)
    assert {at for at, _ in TRANSITIONS} == set(STATES)
