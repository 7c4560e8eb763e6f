"""One rollout under load, from its start by `gateway rollout` to its end by itself, with what users got."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic, time

from benchmarks.rollouts.fault import Fault
from benchmarks.rollouts.history import Move, last_of, problems
from benchmarks.rollouts.load import Asked, Load, failed
from benchmarks.rollouts.scale import Scale
from benchmarks.rollouts.site import Site, site
from benchmarks.rollouts.version import Version
from benchmarks.rollouts.watch import SlotWatch
from gateway.routing.rollouts import Progress

CANARY, STABLE = "canary", "blue"
WARM = 600
"""Requests before a rollout begins, so that stable's latencies are known."""
AFTER = 1.5
"""Seconds of load after the end."""
SPREAD = 0.04
"""Seconds that answers of either version take at most, evenly."""
LATENCY = "{quantiles: [0.5, 0.95], margin: 2}"
LENIENT = "{quantiles: [0.95], margin: 10, ignore_below: 100ms}"
"""Where latency is no matter: a judge that knows what is late also knows soon who never answers."""
_ROUTING = """
services: {blue: {urls: [$blue]}, canary: {urls: [$canary]}}
routes:
  - name: late
    path: /v2/models/late
    stable: blue
    weights: {blue: 100, canary: 0}
    timeouts: {header: 1s}%(sticky)s
    rollout:
      steps: [{setWeight: 5}, {setWeight: 25}, {setWeight: 50}, {setWeight: 100}]
      judge:
        errors: {margin: 2, acceptable_rate: %(acceptable)s}
        latency: %(latency)s
        outputs: {on_change: %(outputs)s}
        min_requests: %(least)d
"""


def versions(stable: str, canary: str, fault: Fault | None = None) -> dict[str, Version]:
    """Return two versions whose answers take a while, of which the canary may be at fault."""
    return {
        STABLE: Version(stable, Fault(spread=SPREAD)),
        CANARY: Version(canary, replace(fault or Fault(), spread=SPREAD)),
    }


def routing(
    *,
    keyed: bool = True,
    latency: str = LATENCY,
    outputs: str = "hold",
    acceptable: str = "1%",
    least: int = 400,
) -> str:
    """Return the routing.yaml of a rollout in steps of 5, 25, 50 and 100 %."""
    sticky = "\n    sticky: {header: x-user-id}" if keyed else ""
    words = {"sticky": sticky, "latency": latency, "outputs": outputs}
    return _ROUTING % {**words, "acceptable": acceptable, "least": least}


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one rollout. `began` (CLOCK_MONOTONIC) is when it was published, `ended` when its end was;
    `fault_at` when the fault began, 0 where it was there from the start."""

    asked: tuple[Asked, ...]
    moves: tuple[Move, ...]
    progress: Progress
    began: float
    ended: float
    fault_at: float
    file: str
    history: str

    @property
    def during(self) -> list[Asked]:
        """The requests that began between the start and the end of the rollout."""
        return [one for one in self.asked if self.began <= one.began <= self.ended]

    @property
    def afterwards(self) -> list[Asked]:
        """The requests that began once its end was published."""
        return [one for one in self.asked if one.began > self.ended]

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began

    @property
    def problems(self) -> list[str]:
        """What the journal should not say."""
        return problems(self.moves)

    @property
    def failed(self) -> list[Asked]:
        """The requests that failed, from first to last."""
        return failed(self.asked)


Event = Callable[[Site], Awaitable[float]]
"""Something that is done to a site during the rollout; returns when (CLOCK_MONOTONIC)."""


async def trial(
    scale: Scale,
    text: str,
    running: Mapping[str, Version],
    requests: Sequence[tuple[str, bytes]],
    event: Event | None = None,
) -> Trial:
    """Roll the canary out under load and wait for what comes of it; raises TimeoutError."""
    with site(text, running) as found:
        async with Load(found.port()) as load:
            load.flow(requests, scale.rate)
            await load.until(WARM)
            with SlotWatch(found.places) as watch:
                await asyncio.to_thread(found.verb, "rollout", CANARY, "--reason", "measured")
                happened = asyncio.ensure_future(event(found)) if event is not None else None
                await until(lambda: is_over(found), scale.patience, "the end of the rollout", found)
                fault_at = await happened if happened is not None else 0.0
                await asyncio.sleep(AFTER)
        return _trial(found, load, watch, fault_at)


def _trial(found: Site, load: Load, watch: SlotWatch, fault_at: float) -> Trial:
    moves = found.moves()
    progress = moves[-1].route.progress
    assert progress is not None
    end = next(move for move in moves if move.route.progress == progress)
    return Trial(
        asked=tuple(load.asked),
        moves=tuple(moves),
        progress=progress,
        began=watch.seen[progress.id][0],
        ended=watch.seen[end.revision][0],
        fault_at=fault_at,
        file=(found.folder / "routing.yaml").read_text(),
        history=found.verb("history"),
    )


def is_over(found: Site, name: str = "late") -> bool:
    """Tell whether a route's rollout has ended, or asks for a person."""
    progress = found.progress(name)
    return progress is not None and progress.state != "progressing"


def is_at(found: Site, step: int) -> bool:
    """Tell whether the rollout has come to a step (counted from 0), or is over."""
    progress = found.progress()
    return progress is not None and (progress.step >= step or not progress.is_active)


async def until(condition: Callable[[], bool], seconds: float, what: str, found: Site | None = None) -> None:
    """Look every 20 ms; raises TimeoutError that says what was waited for and where the rollout stood."""
    deadline = monotonic() + seconds
    while not condition():
        if monotonic() > deadline:
            stood = f"; rollouts stand at {found.stands()}; log: {found.log()[-600:]}" if found else ""
            raise TimeoutError(f"waited {seconds:g} s in vain: {what}{stood}")
        await asyncio.sleep(0.02)


def wall(at: float) -> float:
    """Return a moment of CLOCK_MONOTONIC as seconds since 1970."""
    return at - monotonic() + time()


def end_of(found: Trial) -> Move | None:
    """Return the revision that took the canary back, if one did."""
    return last_of(found.moves, "fail")
