"""The rows that measure moves: how soon a verdict is live, and that no move costs anybody an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from statistics import median
from time import monotonic

from benchmarks.measured.row import Figure, Reached, Row
from benchmarks.rollouts import users
from benchmarks.rollouts.load import Asked, Load, failed, failures
from benchmarks.rollouts.scale import Scale
from benchmarks.rollouts.site import Site, site
from benchmarks.rollouts.trial import CANARY, LENIENT, STABLE, is_over, routing, until
from benchmarks.rollouts.version import Version
from benchmarks.rollouts.watch import SlotWatch
from gateway.rollout.record import decided
from gateway.routing import journal

GROUP = "Moves under load"
MOST_MS = 20.0
_PAUSE = 0.25
Moves = Callable[[Site, Load, SlotWatch], Awaitable[None]]


async def verdicts(scale: Scale) -> Reached:
    """Start a version that fails every second request, again and again, and watch it being taken back."""
    ended: list[tuple[float, float]] = []
    lag: list[float] = []
    journalled: list[float] = []

    async def moves(found: Site, load: Load, watch: SlotWatch) -> None:
        await asyncio.to_thread(found.versions[CANARY].behave, errors=0.5)
        for _ in range(scale.runs):
            await asyncio.to_thread(found.verb, "rollout", CANARY)
            await until(lambda: is_over(found), scale.patience, "the rollback", found)
            await asyncio.sleep(_PAUSE)
        fails = [one for one in found.moves() if one.action == "fail"]
        ended.extend(watch.seen[one.revision] for one in fails)
        journalled.extend((watch.seen[one.revision][1] - one.at) * 1e3 for one in fails)
        lag.extend(_lags(found, watch))

    asked = await _under_load(scale, moves)
    late = [_after(asked, at) for at, _ in ended]
    others = [one for one in failed(asked) if one.version != CANARY]
    figures = (
        Figure("rollbacks", len(ended), least=scale.runs),
        Figure("from the tick's begin to its publication, the median", median(lag), " ms", most=MOST_MS),
        Figure("the longest", max(lag), " ms"),
        Figure("of that, after the verdict, the longest", max(journalled), " ms", most=MOST_MS),
        Figure("the last request that the canary got began after it by", max(late), " ms", most=MOST_MS),
        Figure("failed, the canary's own apart", len(others), most=0),
    )
    own = len(failed(asked)) - len(others)
    return Reached(len(asked), len(failed(asked)), figures, "", (f"the canary failed {own:,} of its own",))


def _lags(found: Site, watch: SlotWatch) -> list[float]:
    """Return the milliseconds from each tick that took a canary back to its revision in the slot.

    A decision bears the time at which its tick began, so reading, judging and journalling are in it.
    """
    with journal.opened(found.places.journal) as connection:
        fails = [one for one in decided(connection) if one.decision and one.decision.event == "fail"]
    return [(watch.seen[one.revision][1] - one.at) * 1e3 for one in fails if one.revision in watch.seen]


def _after(asked: list[Asked], at: float) -> float:
    """Return by how many milliseconds after a moment the last request of the canary began, pause included."""
    return max(
        [0.0, *((a.began - at) * 1e3 for a in asked if a.version == CANARY and at < a.began < at + _PAUSE)]
    )


async def promotions(scale: Scale) -> Reached:
    """Roll out and promote by hand, step after step, then back to the version before; again and again."""

    async def moves(found: Site, load: Load, watch: SlotWatch) -> None:
        for _ in range(max(scale.runs // 2, 1)):
            await _verb(found, "rollout", CANARY)
            for _ in range(3):
                await _verb(found, "promote", "--route", "late")
            if found.route().stable != CANARY:
                raise RuntimeError(f"three promotions did not make it stable: {found.progress()}")
            await _verb(found, "rollback")
            if found.route().share(STABLE) != 100:
                raise RuntimeError(f"the rollback did not bring {STABLE} back: {found.route()}")

    return _nobody_failed(await _under_load(scale, moves), scale.runs // 2, "promotions to 100 %, and back")


async def switches(scale: Scale) -> Reached:
    """Blue to green and back, each time all in one publish."""

    async def moves(found: Site, load: Load, watch: SlotWatch) -> None:
        for turn in range(scale.runs):
            name = (CANARY, STABLE)[turn % 2]
            await _verb(found, "switch", name)
            if found.route().share(name) != 100:
                raise RuntimeError(f"the switch did not give {name} everything: {found.route()}")

    return _nobody_failed(await _under_load(scale, moves), scale.runs, "switches")


async def _verb(found: Site, *words: str) -> None:
    await asyncio.to_thread(found.verb, *words)
    await asyncio.sleep(_PAUSE)


async def _under_load(scale: Scale, moves: Moves) -> list[Asked]:
    versions = {STABLE: Version("v3"), CANARY: Version("v3")}
    with site(routing(latency=LENIENT), versions) as found:
        async with Load(found.port()) as load:
            load.flow(users.requests(6), scale.rate)
            began = monotonic()
            with SlotWatch(found.places) as watch:
                await asyncio.sleep(0.5)
                await moves(found, load, watch)
        return [one for one in load.asked if one.began >= began]


def _nobody_failed(asked: list[Asked], times: int, what: str) -> Reached:
    bad = failed(asked)
    served = {one.version for one in asked}
    figures = (
        Figure("failed", len(bad), most=0),
        Figure(what, times, least=1),
        Figure("versions that served", len(served & {STABLE, CANARY}), least=2),
    )
    return Reached(len(asked), len(bad), figures, "", (f"what failed: {failures(bad)}",) if bad else ())


_NONE = "0 failed requests"
ROWS = (
    Row(
        "verdicts",
        GROUP,
        "a version that fails every second request, taken back again and again",
        "live within 20 ms of the verdict",
        verdicts,
    ),
    Row("promotions", GROUP, "`gateway rollout`, three times `promote`, `rollback`", _NONE, promotions),
    Row("switches", GROUP, "`gateway switch` from one version to the other", _NONE, switches),
)
