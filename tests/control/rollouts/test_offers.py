"""What can be done to a rollout at this moment: one sentence of what it does, or why not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gateway.control.rollouts.offers import Offer, offers
from tests.cli.rollouts import rollout, step

LAST = [step(1), step(50), step(100)]


def offered(**given: Any) -> dict[str, Offer]:
    """The offers of a rollout in its second step of four; stable stays warm for an hour."""
    return offers(rollout(**given), 3600.0)


def test_each_button_says_where_it_leads() -> None:
    """With the step, the share and the version that are meant."""
    found = offered()
    assert found["promote"].label == "Next step (25 %)"
    assert found["promote"].does == "goes to step 3: 25 % of requests, now, without a verdict"
    assert "keeps canary at 5 %" in found["pause"].does
    assert "blue stays warm for 1 h" in found["complete"].does
    assert found["abort"].does == "ends the rollout: all 5 % go back to blue, now"


def test_what_makes_no_sense_now_says_why() -> None:
    """One cannot resume what runs, pause what is paused, or go to a step beyond the last."""
    runs, paused, last = offered(), offered(state="paused"), offered(steps=LAST)
    assert (runs["pause"].refused, runs["resume"].refused) == ("", "it is not paused; it goes on by itself")
    assert (paused["pause"].refused, paused["resume"].refused) == ("it is paused already", "")
    assert last["promote"].refused.startswith("what follows this step is 100 %")
    assert not any(offer.refused for name, offer in last.items() if name in ("complete", "abort"))


def test_going_on_after_a_hold_accepts_what_held_it() -> None:
    """It is not asked about again, so the button says so."""
    found = offered(state="paused", held_by="outputs", counts="users")
    assert found["resume"].does.startswith("accepts what outputs shows, and goes on with step 2 (5 %)")
    assert found["promote"].does == (
        "accepts what outputs shows, and goes to step 3: 25 % of users, now, without a verdict"
    )


@pytest.mark.parametrize("place", [1, 2, 3])
def test_the_step_named_is_the_step_that_follows(place: int) -> None:
    """Its number and its share belong together."""
    found = offered(step=place)
    if place == 3:
        assert found["promote"].refused
    else:
        weights = [1.0, 5.0, 25.0, 100.0]
        assert re.search(rf"step {place + 1}: {weights[place]:g} %", found["promote"].does)
