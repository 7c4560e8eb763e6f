"""The events that people can be told, by the names that routing.yaml has for them: pure."""

from __future__ import annotations

from typing import Final, Literal, get_args

RolloutEvent = Literal[
    "started",
    "step",
    "paused",
    "held",
    "resumed",
    "promoted",
    "failed",
    "aborted",
    "rolled_back",
    "taken_over",
]
"""`held`: paused because a metric asks for a person; `promoted`: the canary became stable, also by a switch
that took no steps; `failed`: taken back by the judge; `aborted`: a person gave it up; `rolled_back`:
everything was sent to stable or to the version before; `taken_over`: weights or routes were set by hand."""
ROLLOUT_EVENTS: Final[tuple[RolloutEvent, ...]] = get_args(RolloutEvent)
EVENTS: Final = (*ROLLOUT_EVENTS, "alert")
"""`alert`: an alarm fires or is over."""
