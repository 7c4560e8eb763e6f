"""What a rollout has shown so far: the numbers the judge sees, and nothing else.

Evidence is kept in spans of constant weights, since all that a test needs of a span is how many bad events
fell to either version and what share of the requests the canary was asked to take. Every number here is
journalled beside the decision made from it, so that a verdict can be derived again.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """What one version did in one span: `requests`, and how many of just these were bad, for each metric.

    The metrics stand in the order errors, then the latency quantiles.
    """

    requests: int = 0
    bad: tuple[int, ...] = ()


Firsts = tuple[tuple[int, ...], tuple[int, ...]]
"""Bad events of the canary and of stable, for each metric."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of constant weights within one step.

    `number` counts spans from 1. `share` is the canary's share of what canary and stable take together, as a
    fraction. `canary` and `stable` count draws: every request, but of each sticky key only its first in the
    span. `firsts` is empty where keys are not counted apart; else it holds, for each span of this `era` from
    its first to this one, the bad events in this span of keys that had had none since that other span began:
    a key counts once, whichever span one starts from. `outputs` are predictions of canary and stable per bin.
    Without `timed` nothing of latency was counted, since it was not known yet what is slow.
    `era` changes where what was counted is lost (a reboot): keys seen before cannot be told apart any more.
    """

    number: int
    era: int
    step: int
    since: int
    share: float
    canary: Counts = Counts()
    stable: Counts = Counts()
    firsts: tuple[Firsts, ...] = ()
    outputs: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    timed: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a rollout (`id`, see `Progress`) has shown, oldest span first.

    `edges` bound the bins of outputs (one fewer than bins), empty until stable has shown enough of its own.
    """

    id: int
    spans: tuple[Span, ...] = ()
    edges: tuple[float, ...] = ()
