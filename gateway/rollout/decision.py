"""What deciding is made from beside the verdict, and what comes of it: plain data, and words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.rollout.evidence import Evidence
from gateway.routing.plan import UNITS, shortest_percent
from gateway.routing.rollouts import Progress

Gate = Literal["none", "asked", "open", "held", "failed"]
"""What the hooks say to the next step: there are none, no answer yet, go, wait, take it back."""

LONGEST_WHY = 1000


@dataclass(frozen=True, slots=True)
class Situation:
    """What counts beside the evidence, with time as numbers: deciding looks at no clock.

    `elapsed`: seconds in this step, counted in ticks, so that neither a clock that jumps nor the time in
    which nobody counted adds to it. `silent`: seconds for which no worker has said anything. `is_full`: not
    all that workers see is counted any more. `frozen`: the freeze window it is in, as written, or empty.
    `gate`: what the hooks said, once the step was over, and `gate_why` their reason.
    """

    elapsed: float = 0.0
    silent: float = 0.0
    frozen: str = ""
    gate: Gate = "none"
    gate_why: str = ""
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """One event for `gateway.routing.rollout_states`, why, and for a pause the metric that asks for a person.

    `why` is one line of printable characters, whatever others have put into their reasons.
    """

    event: Literal["advance", "complete", "pause", "fail"]
    why: str
    held_by: str = ""


def decision(event: Literal["advance", "complete", "pause", "fail"], why: str, held_by: str = "") -> Decision:
    """Return a decision whose reason is one printable line."""
    line = "".join(character if character.isprintable() else " " for character in why)
    return Decision(event, line[:LONGEST_WHY], held_by)


def counted(evidence: Evidence, step: int) -> tuple[int, int]:
    """Return the requests of canary and stable that one step has shown so far."""
    spans = [span for span in evidence.spans if span.step == step]
    return sum(span.canary.requests for span in spans), sum(span.stable.requests for span in spans)


def next_weight(progress: Progress) -> int:
    """Return the units that the step after this one gives; after the last one comes everything."""
    following = progress.step + 1
    return progress.steps[following].weight if following < len(progress.steps) else UNITS


def place(progress: Progress) -> str:
    """Return which step it is, as people count: `2 of 5`."""
    return f"{progress.step + 1} of {len(progress.steps)}"


def share(progress: Progress) -> str:
    """Return the share of the step in force."""
    return f"{shortest_percent(progress.steps[progress.step].weight)} %"
