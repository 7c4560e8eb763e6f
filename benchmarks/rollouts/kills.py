"""The row in which processes are killed -9 at random moments while rollouts are under way."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from time import monotonic

from benchmarks.measured.row import Figure, Reached, Row, Table
from benchmarks.rollouts.fault import Fault
from benchmarks.rollouts.history import ends, problems
from benchmarks.rollouts.killing import GOOD, ROUTES, VICTIMS, Killing, disagreements
from benchmarks.rollouts.load import Asked, Load, failed, failures
from benchmarks.rollouts.scale import Scale
from benchmarks.rollouts.site import gateway, serving
from benchmarks.rollouts.trial import until
from benchmarks.rollouts.version import Version
from gateway.rollout.replay import replay
from gateway.routing import journal

SEED = 20_130_301
BETWEEN = (0.3, 6.0)
"""Seconds from one kill to the next: what dies again and again is started with growing patience."""
SITES = 4
"""Gateways side by side."""
_TURN = 90.0
"""Seconds within which what is under way at the end must have ended."""
_JUDGE = (
    "{errors: {margin: 4, acceptable_rate: 20%}, latency: {quantiles: [0.95], margin: 10, "
    "ignore_below: 100ms}, outputs: off, min_requests: 60}"
)
_ROUTE = """
  - name: %s
    path: /v2/models/late/versions/%s
    stable: %s
    weights: {%s: 100, %s: 0}
    rollout:
      steps: [{setWeight: 5}, {setWeight: 25}, {setWeight: 50}, {setWeight: 75}, {setWeight: 100}]
      judge: %s
"""
_SERVICES = "services: {%s}\nroutes:%s"


def routing() -> str:
    """Return a routing.yaml of several routes, each with rollouts of its own."""
    names = sorted({name for pair in ROUTES.values() for name in pair})
    services = ", ".join(f"{name}: {{urls: [${name}]}}" for name in names)
    routes = "".join(
        _ROUTE % (name, name, first, first, second, _JUDGE) for name, (first, second) in ROUTES.items()
    )
    return _SERVICES % (services, routes)


async def killed(scale: Scale) -> Reached:
    """Kill what has its turn, at seeded moments, in several gateways side by side; then let all end."""
    names = sorted({name for pair in ROUTES.values() for name in pair})
    versions = {name: Version("", Fault(errors=0.3 if name == "red" else 0.0)) for name in names}
    with serving(versions), ExitStack() as stack:
        found = [stack.enter_context(gateway(routing(), versions)) for _ in range(SITES)]
        runs = [Killing(one, random.Random(SEED + number)) for number, one in enumerate(found)]
        turns = [scale.kills // SITES + (n < scale.kills % SITES) for n in range(SITES)]
        asked = await asyncio.gather(*(_site(*one) for one in zip(runs, turns, strict=True)))
        return reached(runs, [one for some in asked for one in some])


async def _site(run: Killing, kills: int) -> list[Asked]:
    """Kill so often in one gateway, and wait until it has come to rest."""
    async with Load(run.site.port()) as load:
        run.flow(load)
        for _ in range(kills):
            run.keep_going()
            await asyncio.sleep(run.dice.uniform(*BETWEEN))
            await run.kill(run.dice.choices(list(VICTIMS), list(VICTIMS.values()))[0], load)
        began = monotonic()
        await until(run.is_settled, _TURN, "every rollout has ended", run.site)
        run.took = monotonic() - began
        await until(lambda: not disagreements(run.site), 10, "journal, slot and file agree", run.site)
    return load.asked


def reached(runs: Sequence[Killing], asked: Sequence[Asked]) -> Reached:
    """Return what came of all gateways together."""
    how = {name: Counter[str]() for name in ROUTES}
    broken, unlike, unfounded = [], [], 0
    for run in runs:
        unlike += disagreements(run.site)
        with journal.opened(run.site.places.journal) as connection:
            unfounded += len(replay(connection))
        for name in ROUTES:
            moves = run.site.moves(name)
            broken += [f"{name}: {problem}" for problem in problems(moves)]
            how[name].update(ends(moves).values())
    wrong = how["bad"]["promoted"] + sum(how[name]["rolled back"] for name in GOOD)
    bad = failed(asked)
    figures = (
        Figure("killed", sum(run.kills.total() for run in runs)),
        Figure("rollouts", sum(counts.total() for counts in how.values())),
        Figure("of them not ended", sum(c["progressing"] + c["paused"] for c in how.values()), most=0),
        Figure("good ones rolled back, bad ones promoted", wrong, most=0),
        Figure("weights that are not their step's, steps skipped or taken twice", len(broken), most=0),
        Figure("journal, slot and file disagree at the end", len(unlike), most=0),
        Figure("verdicts that `gateway replay` derives otherwise", unfounded, most=0),
        Figure("revisions that went backwards", sum(run.backwards for run in runs), most=0),
        Figure("after the last kill all had ended within", max(run.took for run in runs), " s"),
    )
    notes = (f"what failed, the bad version's own included: {failures(bad)}", *broken, *unlike)
    return Reached(len(asked), len(bad), figures, "", notes, (_killed(runs), _ended(how)))


def _killed(runs: Sequence[Killing]) -> Table:
    head = ("killed with -9", "times", "in the middle of a rollout")
    kills, amid = (sum((getattr(run, what) for run in runs), Counter[str]()) for what in ("kills", "amid"))
    return head, [(name, str(kills[name]), str(amid[name])) for name in VICTIMS]


def _ended(how: dict[str, Counter[str]]) -> Table:
    kinds = ("promoted", "rolled back", "paused", "progressing", "taken over")
    head = ("route", *kinds)
    return head, [(name, *(str(counts[kind]) for kind in kinds)) for name, counts in how.items()]


ROWS = (
    Row(
        "kills",
        "Killed with -9 at random moments",
        "rollouts on three routes, of good versions and of one that fails 30 %",
        "every rollout ends as it should; no step skipped or taken twice, no weight but the step's",
        killed,
    ),
)
