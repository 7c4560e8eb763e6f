"""One run of a simulation, and what many of them come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numpy.random import Generator

from benchmarks.prove.interval import exact_interval
from benchmarks.prove.lanes import Lanes
from benchmarks.prove.predictions import run_predictions
from benchmarks.prove.rehearsal import Plan
from benchmarks.prove.rivals import ARGO, FLAGGER, peeked_z
from benchmarks.prove.runs import Ended, run_plain, run_sticky
from benchmarks.prove.traffic import World
from benchmarks.prove.users import People, Users

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one run. `event` is how our rollout ended, `after` how many requests; `rivals` those after
    which each of the others rolled back (None: never, or not compared)."""

    event: str
    after: int
    rivals: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row: `wrong` is the event that must be rare, as often as `bound` at most."""

    name: str
    what: str
    wrong: str
    run: Callable[[Generator], Found]
    bound: float = ALPHA
    runs: int = 2_000


@dataclass(frozen=True, slots=True)
class Row:
    """What came of a scenario's runs."""

    scenario: Scenario
    found: tuple[Found, ...]

    @property
    def hits(self) -> int:
        """How many runs ended wrong."""
        return sum(one.event == self.scenario.wrong for one in self.found)

    @property
    def interval(self) -> tuple[float, float]:
        """The exact 95 % interval of the rate of wrong ends."""
        return exact_interval(self.hits, len(self.found))

    @property
    def is_met(self) -> bool:
        """Whether the runs leave it possible that the bound holds."""
        return self.interval[0] <= self.scenario.bound


def plain(
    world: World, plan: Plan, workers: int = 1, *, every_second: bool = False
) -> Callable[[Generator], Found]:
    """Return one run without keys, with the other judges on the same requests."""

    def run(random: Generator) -> Found:
        lanes = Lanes(world, random, workers)
        ended = run_plain(lanes, plan, every_second=every_second)
        happened = lanes.happened()
        rivals = (ARGO.rollback(happened), FLAGGER.rollback(happened), peeked_z(happened))
        return Found(ended.event, _requests(ended, world.rate), tuple(map(happened.requests_until, rivals)))

    return run


def sticky(people: People, plan: Plan) -> Callable[[Generator], Found]:
    """Return one run of users who stick to a version."""

    def run(random: Generator) -> Found:
        ended = run_sticky(Users(people, random), plan)
        return Found(ended.event, _requests(ended, people.rate))

    return run


def outputs(plan: Plan) -> Callable[[Generator], Found]:
    """Return one run of two versions that predict alike."""

    def run(random: Generator) -> Found:
        return Found(*run_predictions(random, plan))

    return run


def _requests(ended: Ended, rate: int) -> int:
    return ended.second * rate
