"""What a rollout does next, from where it stands, what the judge says and what is the case around it: pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Gate = Literal["none", "asked", "open", "held", "failed"]
"""What the hooks say to the next step: there are none, no answer yet, go, wait, take it back."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What counts beside the evidence, with time as numbers: deciding looks at no clock.

    `elapsed`: seconds in this step, counted in ticks, so that neither a clock that jumps nor the time in which
    nobody counted adds to it. `silent`: seconds for which no worker has said anything. `frozen`: the freeze
    window it is in, as written, or empty. `gate_why`: what the hook said.
    """

    elapsed: float = 0.0
    silent: float = 0.0
    frozen: str = ""
    gate: Gate = "none"
    gate_why: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """One event for `gateway.routing.rollout_states`, why, and for a pause the metric that asks for a person."""

    event: Literal["advance", "complete", "pause", "fail"]
    why: str
    held_by: str = ""
