"""A rollout in a few lines."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.cli.rollout_brief import brief
from tests.cli.rollouts import none, rollout


def told(found: dict[str, Any]) -> list[str]:
    """The lines without their style."""
    return [line.plain for line in brief(found)]


def test_a_route_without_a_rollout_has_no_line() -> None:
    """Nor one that ended has anything about what is next."""
    assert told(none()) == []
    assert len(told(rollout(state="degraded"))) == 1


def test_it_says_where_it_stands_what_is_next_and_what_the_judge_says() -> None:
    """Step, share, why, all on lines of their own."""
    assert told(rollout()) == [
        "rollout of canary, step 2 of 4, 5 %: errors: 3 of 900 [/x]",
        "  next: it gets 25 % once it is shown no more than 3 times as bad as blue",
        "  verdict: it is early",
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"state": "paused"}, "rollout of canary PAUSED at step 2 of 4, 5 %: errors"),
        ({"state": "paused", "held_by": "outputs"}, "5 % (outputs asks for a person): errors"),
        ({"state": "degraded"}, "last rollout: canary was TAKEN BACK: errors"),
        ({"state": "healthy", "step": 4}, "last rollout, of canary: errors: 3 of 900 [/x]"),
        ({"state": "healthy", "previous": "blue", "warm_until": "13:00Z"}, "; blue is warm until 13:00Z"),
    ],
)
def test_every_state_has_its_sentence(given: dict[str, Any], words: str) -> None:
    """Loud where somebody has to look."""
    assert words in told(rollout(**given))[0]


def test_that_nobody_judges_is_said() -> None:
    """With when somebody did last, if ever."""
    lines = told(rollout(judged=False))
    assert (
        "  judge: NOBODY judges it at this moment, so it stays as it is; the last verdict is of" in lines[2]
    )
    assert lines[3] == "  verdict: it is early"
    lines = told(rollout(judged=False, judged_at=None, verdict=None))
    assert lines[2:] == ["  judge: NOBODY judges it at this moment, so it stays as it is"]


def test_a_freeze_and_hooks_have_lines_of_their_own() -> None:
    """As in the drawing."""
    lines = told(rollout(situation={"frozen": "Fri 16:00 - Mon 08:00", "gate": "held", "gate_why": "red"}))
    assert "  frozen: Fri 16:00 - Mon 08:00: no step begins by itself until that ends" in lines
    assert "  hooks: the next step is held: red" in lines
