"""Predictions of two versions, through the real bins and the real test of outputs."""

from __future__ import annotations

from numpy.random import Generator

from benchmarks.prove.rehearsal import Plan, Rehearsal
from gateway.monitoring.ledger_layout import CANARY, METRICS, OUTPUT, STABLE
from gateway.monitoring.ledger_read import Counter, Entry
from gateway.rollout.gather import added_up
from gateway.rollout.starts import Pair

_RATE = 20


def run_predictions(random: Generator, plan: Plan, shift: float = 0.0, seconds: int = 300) -> tuple[str, int]:
    """Return how a rollout ended and after how many requests; the canary's scores are moved by `shift`."""
    rehearsal = Rehearsal(plan)
    scores = random.normal(0.0, 1.0, (seconds, _RATE))
    chances = random.random((seconds, _RATE))
    taken: dict[tuple[int, int], int] = {}
    rehearsal.tick(0)
    for second in range(seconds):
        for score, chance in zip(scores[second].tolist(), chances[second].tolist(), strict=True):
            is_canary = chance < rehearsal.share
            arm, since = CANARY if is_canary else STABLE, rehearsal.since
            taken[since, arm] = taken.get((since, arm), 0) + 1
            value = score + (shift if is_canary else 0.0)
            rehearsal.feed(Entry(0, since, arm, OUTPUT, 0, second * 1000, value))
        look = rehearsal.look(second + 1, _totals(taken))
        if look.event == "advance":
            rehearsal.advance(second + 1)
            rehearsal.tick(second + 1)
        elif look.event != "none":
            return look.event, (second + 1) * _RATE
    return "none", seconds * _RATE


def _totals(taken: dict[tuple[int, int], int]) -> dict[int, Pair]:
    return added_up(Counter(since, arm, count, (0,) * METRICS) for (since, arm), count in taken.items())
