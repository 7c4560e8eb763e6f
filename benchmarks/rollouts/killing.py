"""One gateway whose processes are killed -9 at random moments, while rollouts are under way on its routes."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import yaml

from benchmarks.rollouts import users
from benchmarks.rollouts.load import Load
from benchmarks.rollouts.site import Site
from benchmarks.rollouts.trial import until
from benchmarks.rollouts.verbs import Verbs
from gateway.routing import journal
from gateway.routing.slot import PlanSlot, published

ROUTES = {"one": ("green", "teal"), "two": ("teal", "green"), "bad": ("blue", "red")}
"""Each route's versions: on two they take turns at being the canary, on the last it is always red."""
GOOD = ("one", "two")
RATE = 60.0
"""Requests a second on each route."""
VICTIMS = {
    "the control process": 60,
    "`gateway rollout`, while it starts one": 12,
    "`gateway promote`": 8,
    "a worker": 12,
    "the supervisor and all it started, at once": 8,
}
"""What is killed how often in a hundred."""


class Killing:
    """Who was killed how often, and how often that was in the middle of a rollout."""

    def __init__(self, found: Site, dice: random.Random) -> None:
        self.site = found
        self.dice = dice
        self.kills: Counter[str] = Counter()
        self.amid: Counter[str] = Counter()
        self.backwards = 0
        self.took = 0.0
        self._verbs = Verbs(found)
        self._slot = 0

    def flow(self, load: Load) -> None:
        """Send requests on every route."""
        for number, name in enumerate(ROUTES):
            path = f"/v2/models/late/versions/{name}/infer"
            load.flow(users.requests(number, keyed=False, path=path), RATE)

    def keep_going(self) -> None:
        """Start a rollout on each route that has none under way."""
        for name, canary in self._idle():
            self._verbs.start("rollout", canary, "--route", name, "--force")

    def is_settled(self) -> bool:
        """Tell whether no rollout is under way any more, and no verb that would start one."""
        active = [name for name in ROUTES if (p := self.site.progress(name)) and p.state == "progressing"]
        self._look_at_slot()
        return not active and not self._verbs.running()

    async def kill(self, victim: str, load: Load) -> None:
        """Kill one of this kind; it comes back by itself, or a new `gateway up` is started."""
        self._look_at_slot()
        is_amid = any((p := self.site.progress(name)) and p.is_active for name in ROUTES)
        if victim.startswith("`"):
            await self._kill_verb(victim.strip("`").split()[1].rstrip("`,"))
        elif victim == "the control process":
            await self._kill_process("control", 0)
        elif victim == "a worker":
            await self._kill_process("worker", self.dice.randrange(2))
        else:
            await self._kill_all(load)
        self.kills[victim] += 1
        self.amid[victim] += is_amid

    async def _kill_verb(self, verb: str) -> None:
        """Start a verb and kill it within the time that it takes."""
        await self._verbs.finished()
        if verb == "rollout":
            await until(lambda: bool(self._idle()), 40, "a rollout to start", self.site)
            name, canary = self.dice.choice(self._idle())
            self._verbs.start("rollout", canary, "--route", name, "--force")
        else:
            self._verbs.start("promote", "--route", self.dice.choice(GOOD))
        await asyncio.sleep(self.dice.uniform(0.05, 0.6))
        self._verbs.kill_last()

    async def _kill_process(self, role: str, number: int) -> None:
        await until(lambda: self.site.pid(role, number) > 0, 20, f"a {role} to kill", self.site)
        self.site.kill_process(role, number)

    async def _kill_all(self, load: Load) -> None:
        await self._verbs.finished()
        await asyncio.to_thread(self.site.kill_all)
        self._slot = 0  # the memory is new
        await asyncio.to_thread(self.site.start)
        load.move_to(self.site.port())

    def _idle(self) -> list[tuple[str, str]]:
        """Return each route that has no rollout under way, with the version that is to be its next canary."""
        found = []
        for name, pair in ROUTES.items():
            route = self.site.route(name)
            if not (route.progress and route.progress.is_active) and not self._verbs.is_about(name):
                found.append((name, pair[1] if route.stable == pair[0] else pair[0]))
        return found

    def _look_at_slot(self) -> None:
        with PlanSlot(self.site.places) as slot:
            self.backwards += slot.word[0] < self._slot
            self._slot = slot.word[0]


def disagreements(found: Site) -> list[str]:
    """Return where journal, slot and routing.yaml say different things."""
    with journal.opened(found.places.journal) as connection:
        head = journal.head(connection)
    plan = published(found.places)
    assert head is not None
    said = [] if plan == head.plan else ["the slot does not hold the journal's latest plan"]
    with PlanSlot(found.places) as slot:
        said += [] if slot.word[0] == head.revision else [f"the slot's word says {slot.word[0]}"]
    for written in yaml.safe_load((found.folder / "routing.yaml").read_text())["routes"]:
        route = head.plan.route(written["name"])
        assert route is not None
        weights = {name: float(weight) for name, weight in written["weights"].items() if weight}
        live = {name: units / 1000 for name, units in route.weights if units}
        if (written["stable"], weights) != (route.stable, live):
            said.append(f"the file says {weights} of {route.name}, the journal {live}")
    return said
