"""Rows in which something is wrong with the canary: it is rolled back by itself; what did users get?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from benchmarks.measured.row import Figure, Reached, Row
from benchmarks.rollouts import users
from benchmarks.rollouts.fault import Fault
from benchmarks.rollouts.load import Asked, failures
from benchmarks.rollouts.scale import Scale
from benchmarks.rollouts.site import Site
from benchmarks.rollouts.trial import CANARY, STABLE, Event, Trial, is_at, routing, trial, until, versions

GROUP = "Rolled back by itself"
SLOW = 0.045
"""Seconds after which an answer of the slow version counts as bad for who waited for it."""
_INTO_STEP = 1.0
"""Seconds after the step to 25 % at which a version breaks."""
_FIRST_AFTER = 0.1
"""Seconds after the rollback from which on nobody may get a bad answer any more."""


def version(fault: Fault, event: Event | None = None) -> Callable[[Scale], Awaitable[Reached]]:
    """Return what runs the row of a version with this fault, or to which this happens at 25 %."""

    async def run(scale: Scale) -> Reached:
        return reached(
            await trial(scale, routing(), versions("v3", "v3", fault), users.requests(4), event), fault
        )

    return run


async def crash(found: Site) -> float:
    """End the canary's process once it gets 25 %."""
    await _at_second_step(found)
    await asyncio.to_thread(found.versions[CANARY].kill)
    return monotonic()


async def hang(found: Site) -> float:
    """Let the canary answer nothing any more once it gets 25 %."""
    await _at_second_step(found)
    await asyncio.to_thread(found.versions[CANARY].behave, hangs=True)
    return monotonic()


async def _at_second_step(found: Site) -> None:
    await until(lambda: is_at(found, 1), 60, "the step to 25 %", found)
    await asyncio.sleep(_INTO_STEP)


def reached(found: Trial, fault: Fault) -> Reached:
    """Return what came of a bad version: what users got, and how long it took."""
    bad = [one for one in found.asked if one.began >= found.began and _is_bad(one, fault)]
    late = [one for one in bad if one.began > found.ended + _FIRST_AFTER]
    since = found.fault_at or found.began
    counted = [one for one in found.during if one.began >= since]
    strict = None if fault.delay else 0  # a busy machine is late at times, whoever answers
    figures = (
        Figure("rolled back", found.progress.state == "degraded", least=1),
        Figure("bad answers users got", len(bad), f" of {len(found.during):,} requests"),
        Figure("of the canary", sum(one.version != STABLE for one in bad)),
        Figure("of stable", sum(one.version == STABLE for one in bad), most=strict),
        Figure("100 ms after the rollback and later", len(late), most=strict),
        Figure("after the start", found.seconds, " s"),
        Figure("after the fault", found.ended - since, " s"),
        Figure("requests from the fault to the rollback", len(counted)),
        Figure("at step", found.progress.step + 1),
        Figure("not so in the journal", len(found.problems), most=0),
    )
    notes = (f"what failed: {failures(bad)}",) if failures(bad) else ()
    return Reached(len(found.asked), len(bad), figures, found.progress.why, (*notes, *found.problems))


def _is_bad(one: Asked, fault: Fault) -> bool:
    return bool(one.failure) or (bool(fault.delay) and one.took >= SLOW)


_MUST = "rolled back; stable answers all that follows"
ROWS = (
    Row("slow", GROUP, "30 ms slower", _MUST, version(Fault(delay=0.03))),
    Row("errors", GROUP, "5 % of its answers are 500", _MUST, version(Fault(errors=0.05))),
    Row("users", GROUP, "fails 3 % of the users, always", _MUST, version(Fault(users=0.03))),
    Row("crash", GROUP, "its process ends at 25 %, the port is closed", _MUST, version(Fault(), crash)),
    Row(
        "hang", GROUP, "answers nothing any more at 25 %, header time-out 1 s", _MUST, version(Fault(), hang)
    ),
)
