"""How soon a regression is found: one rung for each kind and size, and three judges on the same requests."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.random import Generator

from benchmarks.prove.cases import ERRORS, ERRORS_AND_LATENCY, QUANTILES, QUARTER
from benchmarks.prove.interval import quantile_within
from benchmarks.prove.lanes import Lanes
from benchmarks.prove.rehearsal import Look, Plan
from benchmarks.prove.rivals import ARGO, FLAGGER, peeked_z
from benchmarks.prove.runs import run_plain
from benchmarks.prove.scenarios import Found
from benchmarks.prove.traffic import World

JUDGES = ("always valid (ours)", ARGO.name, FLAGGER.name, "z-test, looked at each second")
_RUNS = 200


@dataclass(frozen=True, slots=True)
class Rung:
    """One regression. `metric` is the one the z-test looks at; fixed thresholds look at errors alone."""

    kind: str
    size: float
    world: World
    metric: int = 0
    runs: int = _RUNS

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"{self.kind}, {self.size:g} ×"

    @property
    def onset(self) -> int:
        """How many requests were answered before the regression began."""
        return self.world.from_second * self.world.rate

    @property
    def horizon(self) -> int:
        """How many requests there are from then on."""
        return self.world.seconds * self.world.rate - self.onset

    def run(self, random: Generator) -> Found:
        """Run it once; a rollback's requests are counted from the run's beginning."""
        lanes = Lanes(self.world, random)
        judge = ERRORS_AND_LATENCY if self.world.quantiles else ERRORS
        ended = run_plain(lanes, Plan(judge, QUARTER))
        happened = lanes.happened()
        rivals = (ARGO.rollback(happened), FLAGGER.rollback(happened), peeked_z(happened, self.metric))
        return Found(ended.event, ended.second * self.world.rate, tuple(map(happened.requests_until, rivals)))


@dataclass(frozen=True, slots=True)
class Detected:
    """How one judge did on one rung: requests from the onset on, None where not within the horizon.

    `early` is the share of runs that were rolled back before there was anything wrong; they count no further.
    """

    median: int | None
    p90: int | None
    early: float
    horizon: int

    def __str__(self) -> str:
        shown = " / ".join(
            f"not in {self.horizon:,}" if value is None else f"{value:,}" for value in (self.median, self.p90)
        )
        shown = shown if self.median is not None else f"not in {self.horizon:,}"
        return f"{shown} ({self.early:.0%} before it began)" if self.early else shown


def detected(rung: Rung, found: tuple[Found, ...]) -> list[Detected]:
    """Return how each of `JUDGES` did."""
    ours = [one.after if one.event == "fail" else None for one in found]
    others = [[one.rivals[place] for one in found] for place in range(len(JUDGES) - 1)]
    return [_detected(rung, after) for after in (ours, *others)]


def _detected(rung: Rung, after: list[int | None]) -> Detected:
    later = [None if one is None else one - rung.onset for one in after if one is None or one > rung.onset]
    return Detected(
        quantile_within(later, 0.5), quantile_within(later, 0.9), 1 - len(later) / len(after), rung.horizon
    )


def evidence_path(random: Generator, risk: float, seconds: int = 1_000) -> list[tuple[float, float]]:
    """Return (requests, natural logarithm of the evidence that it is worse) of one run, never taken back."""
    points: list[tuple[float, float]] = []
    world = World(risk=risk, seconds=seconds)

    def watch(look: Look) -> None:
        points.append((float(look.second * world.rate), look.metrics[0].worse))

    run_plain(Lanes(world, random), Plan(ERRORS, QUARTER, takes_back=False), watch=watch)
    return points


def error_rungs(base: float, seconds: int) -> tuple[Rung, ...]:
    """Return the ladder of error rates beside a stable with this one."""
    kind = f"errors at {base * 100:g} %"
    return tuple(
        Rung(kind, risk, World(base=base, risk=risk, seconds=seconds))
        for risk in (1.25, 1.5, 2, 3, 5, 10, 20)
    )


LATENCY_RUNGS = tuple(
    Rung("latency", slower, World(slower=slower, seconds=400, quantiles=QUANTILES), metric=1)
    for slower in (1.1, 1.25, 1.5, 2)
)
LATE_RUNGS = tuple(
    Rung("errors at 1 %, from request 100,000 on", risk, World(risk=risk, seconds=2_000, from_second=1_000))
    for risk in (2.0, 5.0, 20.0)
)
RUNGS = (*error_rungs(0.01, 2_000), *error_rungs(0.001, 10_000), *LATENCY_RUNGS, *LATE_RUNGS)
