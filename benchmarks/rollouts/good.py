"""Rows in which nothing is wrong with the canary: it is promoted by itself, whatever hits both versions."""

from __future__ import annotations

import asyncio
from functools import partial
from time import monotonic

import yaml

from benchmarks.measured.row import Figure, Reached, Row
from benchmarks.rollouts import users
from benchmarks.rollouts.load import failed, failures
from benchmarks.rollouts.scale import Scale
from benchmarks.rollouts.site import Site
from benchmarks.rollouts.trial import CANARY, STABLE, Trial, is_at, is_over, routing, trial, until, versions

GROUP = "Promoted by itself"
_INCIDENT = 4.0
"""Seconds for which an incident lasts."""


async def keyed(scale: Scale) -> Reached:
    """A new build of the same model, users pinned by a header."""
    return promoted(await trial(scale, routing(), versions("v3", "v3"), users.requests(1)), most_failed=0)


async def unkeyed(scale: Scale) -> Reached:
    """Another model, whose outputs are not compared, and requests without a key."""
    text = routing(keyed=False, outputs="ignore")
    return promoted(
        await trial(scale, text, versions("v1", "v3"), users.requests(2, keyed=False)), most_failed=0
    )


async def incident(scale: Scale) -> Reached:
    """Both versions fail 30 % and are slow for four seconds, at 5 % and once more at 25 %."""
    found = await trial(scale, routing(), versions("v3", "v3"), users.requests(3), _twice)
    both = [sum(one.version == name for one in found.failed) for name in (STABLE, CANARY)]
    return promoted(
        found,
        Figure("failed at stable", both[0], least=100),
        Figure("failed at the canary", both[1], least=5),
    )


async def _twice(found: Site) -> float:
    began = monotonic()
    for step in (0, 1):
        await until(partial(is_at, found, step), 60, f"step {step + 1}", found)
        if is_over(found):
            break
        for version in found.versions.values():
            await asyncio.to_thread(version.behave, errors=0.3, delay=0.02)
        await asyncio.sleep(_INCIDENT)
        for version in found.versions.values():
            await asyncio.to_thread(version.behave, errors=0.0, delay=0.0)
    return began


def promoted(found: Trial, *more: Figure, most_failed: int | None = None) -> Reached:
    """Return what came of a version that was to be promoted."""
    bad = failed(found.asked)
    file = yaml.safe_load(found.file)["routes"][0]
    stable = found.moves[-1].route.stable if found.moves else STABLE
    is_stable = file["stable"] == CANARY and not file["weights"].get(STABLE)
    steps = [move.action for move in found.moves if move.author == "rollout"]
    figures = (
        Figure("promoted", found.progress.state == "healthy" and stable == CANARY, least=1),
        Figure("stable by the file", is_stable, least=1),
        Figure("in the history", "complete" in found.history, least=1),
        Figure("failed requests", len(bad), most=most_failed),
        Figure("not so in the journal", len(found.problems), most=0),
        Figure("steps taken by itself", sum(one in ("advance", "complete") for one in steps), least=3),
        Figure("seconds", found.seconds, " s"),
        Figure("requests until then", len(found.during)),
        *more,
    )
    notes = (f"what failed: {failures(bad)}",) if bad else ()
    return Reached(len(found.asked), len(bad), figures, found.progress.why, (*notes, *found.problems))


ROWS = (
    Row(
        "good", GROUP, "a new build of the same model, users pinned by a header", "promoted; 0 failed", keyed
    ),
    Row(
        "good-unkeyed",
        GROUP,
        "another model whose outputs are not compared, requests without a key",
        "promoted; 0 failed",
        unkeyed,
    ),
    Row(
        "incident",
        "What hits both versions",
        "both versions fail 30 % of requests and are slow, twice for 4 s",
        "promoted nevertheless",
        incident,
    ),
)
