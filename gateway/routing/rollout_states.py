"""The state machine of a rollout: every transition there is, in one table.

healthy: no rollout, or the last one was promoted. progressing: the canary grows as verdicts come in. paused:
it keeps its share and is still judged. degraded: it was taken back. What a transition does to the weights is
in `gateway.rollout.moves`; what is not in this table is refused.
"""

from __future__ import annotations

from typing import Literal

from gateway.errors import ChangeRefused
from gateway.routing.rollouts import State

Event = Literal[
    "start",
    "advance",
    "complete",
    "pause",
    "resume",
    "fail",
    "abort",
    "roll_back",
    "take_over",
]
"""`advance`: to the next step; `complete`: the canary becomes stable; `fail`: judged worse; `abort`: a person
gives up; `roll_back`: everything to stable; `take_over`: somebody set the weights by hand."""

TRANSITIONS: dict[tuple[State, Event], State] = {
    ("healthy", "start"): "progressing",
    ("degraded", "start"): "progressing",
    ("progressing", "advance"): "progressing",
    ("progressing", "complete"): "healthy",
    ("progressing", "pause"): "paused",
    ("progressing", "fail"): "degraded",
    ("progressing", "abort"): "degraded",
    ("progressing", "roll_back"): "degraded",
    ("progressing", "take_over"): "healthy",
    ("paused", "resume"): "progressing",
    ("paused", "advance"): "progressing",
    ("paused", "complete"): "healthy",
    ("paused", "fail"): "degraded",
    ("paused", "abort"): "degraded",
    ("paused", "roll_back"): "degraded",
    ("paused", "take_over"): "healthy",
    ("healthy", "complete"): "healthy",
    ("healthy", "roll_back"): "degraded",
    ("healthy", "take_over"): "healthy",
    ("degraded", "complete"): "healthy",
    ("degraded", "roll_back"): "degraded",
    ("degraded", "take_over"): "healthy",
}

_IN_WORDS: dict[State, str] = {
    "healthy": "no rollout is under way",
    "progressing": "a rollout is under way",
    "paused": "the rollout is paused",
    "degraded": "the last rollout was taken back",
}


def after(state: State, event: Event) -> State:
    """Return the state that follows; raises ChangeRefused where the event is not possible in this one."""
    found = TRANSITIONS.get((state, event))
    if found is None:
        possible = ", ".join(sorted(name for at, name in TRANSITIONS if at == state))
        raise ChangeRefused(f"{_IN_WORDS[state]}, so `{event}` is not possible; possible is: {possible}")
    return found
