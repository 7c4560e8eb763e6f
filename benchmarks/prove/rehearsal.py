"""A rollout without a gateway: the real bookkeeping, the real judge and the real decision, fed by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from gateway.monitoring.ledger_read import Entry
from gateway.rollout.decide import decide
from gateway.rollout.decision import Decision, Situation
from gateway.rollout.evidence import Evidence
from gateway.rollout.gather import Gathering
from gateway.rollout.judge import SEVEREST_FIRST, weigh
from gateway.rollout.starts import Interval, Pair, new_era, opened
from gateway.rollout.verdict import MetricVerdict, Verdict
from gateway.routing.judges import Judge
from gateway.routing.plan import UNITS
from gateway.routing.rollouts import Progress, Rollout, Step

ID = 1
NO_TOTALS: dict[int, Pair] = {}
Event = Literal["advance", "complete", "pause", "fail", "none"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a simulated rollout is run. Unless it `takes_back`, a version judged worse goes on all the same."""

    judge: Judge
    steps: tuple[Step, ...]
    keyed: bool = False
    takes_back: bool = True


@dataclass(frozen=True, slots=True)
class Look:
    """What one look came to, after so many seconds."""

    second: int
    event: Event
    metrics: tuple[MetricVerdict, ...]


class Rehearsal:
    """One rollout; seconds count from its beginning."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.progress = Progress(
            ID, "canary", "stable", "progressing", 0, plan.steps, "", thresholds=_thresholds(plan.judge)
        )
        self._rollout = Rollout(steps=plan.steps, judge=plan.judge)
        self._metrics = 1 + (len(plan.judge.latency.quantiles) if plan.judge.latency else 0)
        self._starts = new_era(Evidence(ID))
        self._gathering = Gathering(self._starts)
        self.began = 0

    @property
    def step(self) -> Step:
        """The step in force."""
        return self.progress.steps[self.progress.step]

    @property
    def share(self) -> float:
        """The canary's share of the requests."""
        return self.step.weight / UNITS

    @property
    def since(self) -> int:
        """The number of the interval in force: each step is a division of its own."""
        return ID + self.progress.step

    @property
    def is_ended_by_verdict(self) -> bool:
        """Whether this step ends when the judge passes it."""
        if self.step.until == "person":
            return False
        last = self.progress.step + 1 >= len(self.progress.steps)
        return (
            self.step.until == "verdict"
            or last
            or self.progress.steps[self.progress.step + 1].weight >= UNITS
        )

    def advance(self, second: int) -> None:
        """Go to the next step."""
        self.progress = replace(self.progress, step=self.progress.step + 1)
        self.began = second

    def tick(self, second: int, totals: dict[int, Pair] = NO_TOTALS) -> None:
        """Begin the span that is due, if one is."""
        interval = Interval(self.since, self.progress.step, self.share, self.plan.keyed)
        self._starts = opened(self._starts, interval, second * 1000, totals)
        if not self._gathering.goes_on(self._starts):
            if self.plan.keyed:
                raise RuntimeError("spans of sticky keys were put together; simulate fewer of them")
            self._gathering = Gathering(self._starts)

    def feed(self, entry: Entry) -> None:
        """Count what a worker wrote about a key."""
        self._gathering.feed(entry, entry.at)

    def look(self, second: int, totals: dict[int, Pair] = NO_TOTALS) -> Look:
        """Judge what is known at a second, and decide."""
        evidence = self._gathering.evidence(totals, self._metrics, self.plan.keyed)
        metrics = weigh(self.plan.judge, self.progress, evidence)
        found = self._decided(metrics, evidence, second)
        return Look(second, found.event if found else "none", metrics)

    def _decided(
        self, metrics: tuple[MetricVerdict, ...], evidence: Evidence, second: int
    ) -> Decision | None:
        outcomes = {metric.outcome for metric in metrics}
        outcome = next(outcome for outcome in SEVEREST_FIRST if outcome in outcomes)
        if outcome == "fail" and not self.plan.takes_back:
            outcome = "inconclusive"
        verdict = Verdict(outcome, "", metrics)
        return decide(self.progress, self._rollout, verdict, Situation(second - self.began), evidence)


def _thresholds(judge: Judge) -> tuple[int, ...]:
    """Return any thresholds: the streams say themselves what is above one."""
    return (1,) * len(judge.latency.quantiles) if judge.latency else ()
