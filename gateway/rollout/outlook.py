"""What a plan of a rollout is made from and what it says: plain data.

Requests are those of canary and stable together (users, where a sticky key pins them), durations are seconds,
shares and rates are fractions. Infinity stands for "not in any time worth naming".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from gateway.routing.rollouts import Rollout, Step

ERROR_RISKS = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
"""How many times as often a bad version fails, of those that are looked at."""
SLOWDOWNS = (1.1, 1.25, 1.5, 2.0)
"""How many times as long a slow version takes for each answer."""
PAUSE = "its pause"
"""What a step waits for that time alone ends."""
LIKELY = 0.8
"""The chance from which on a regression is said to be found."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a route gets: requests per second, the fraction of stable's answers that fail, its latencies.

    `histogram` is stable's (see `gateway.statistics.histogram`), empty where it is not known. `source` says
    in words where the errors come from; `seconds`: over how many the rate was seen, 0 where it was given.
    `stable_part` is stable's part of what the canary leaves over: less
    than 1 where the route has other services too.
    """

    rate: float
    error_rate: float
    histogram: tuple[int, ...] = ()
    source: str = ""
    stable_part: float = 1.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be planned; `keyed`: users are pinned, so draws are users and not requests."""

    canary: str
    stable: str
    route: str
    rollout: Rollout
    traffic: Traffic
    keyed: bool = False

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps at which something is judged: those below 100 %."""
        return tuple(step for step in self.rollout.steps if step.weight < 100_000)


@dataclass(frozen=True, slots=True)
class Detection:
    """A regression that begins with a step: `size` times as many errors, or as long a latency.

    `chance`: that it is found before the step is over. `requests` and `seconds` until it is found (median and
    p90) if the step lasted that long. `bad`: failed answers to be expected beyond stable's own, until it is
    found or the step is over; 0 for latency, whose answers are only late.
    """

    metric: Literal["errors", "latency"]
    size: float
    chance: float
    requests: float
    requests_p90: float
    seconds: float
    seconds_p90: float
    bad: float


@dataclass(frozen=True, slots=True)
class StepOutlook:
    """One step, at `share` of what canary and stable take together, which is `rate` a second.

    `requests` and `seconds` are those until it is over for a version that is no worse (median, p90);
    `slowest` names what takes longest to be satisfied, `in_time` is the chance that it is before `max_wait`.
    `finds` is the least regression of the errors that is found with a chance of `LIKELY`, `finds_latency`
    likewise; `reachable` the least of the errors that is found by `max_wait`, or by the end of a pause, as
    often as not, if nothing else ends the step (None: none of those looked at).
    """

    share: float
    weight: int
    until: str
    rate: float
    requests: float
    requests_p90: float
    seconds: float
    seconds_p90: float
    slowest: str
    in_time: float
    detections: tuple[Detection, ...]
    finds: float | None
    finds_latency: float | None
    reachable: float | None


@dataclass(frozen=True, slots=True)
class Exposure:
    """A regression of the errors that is there from the start: what becomes of it.

    `found`: the chance that it is taken back before 100 %, `promoted`: that it gets there; the rest is held
    for want of a verdict. `step` is where it is most often found (0: nowhere), `seconds` and `requests` until
    then (median of those found), `bad` failed answers beyond stable's own until any of these.
    """

    size: float
    found: float
    promoted: float
    step: int
    requests: float
    seconds: float
    bad: float


def found_by(exposures: Iterable[Exposure]) -> float | None:
    """Return the least regression that is found before 100 % with a chance of `LIKELY`; None: none is."""
    return min((one.size for one in exposures if one.found >= LIKELY), default=None)


@dataclass(frozen=True, slots=True)
class Better:
    """Another schedule: its shares in percent, its time for a version no worse, its cost at worst.

    `finds` as `found_by` tells it.
    """

    steps: tuple[float, ...]
    seconds: float
    bad: float
    finds: float | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """A whole plan. `worst` is the exposure with the most bad answers (None: errors are not judged)."""

    steps: tuple[StepOutlook, ...]
    seconds: float
    seconds_p90: float
    exposures: tuple[Exposure, ...]
    worst: Exposure | None
    better: Better | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def finds(self) -> float | None:
        """The least regression that is likely found by any of the steps; None: none of those looked at."""
        return found_by(self.exposures)
