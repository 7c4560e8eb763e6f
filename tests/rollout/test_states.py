"""Whatever happens in whatever order: a route's weights are always those of the place its rollout is at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.errors import ChangeRefused
from gateway.rollout import moves
from gateway.rollout.transitions import transitions
from gateway.routing.document import from_document, to_document
from gateway.routing.plan import UNITS, Override, Route, RoutingPlan, Service
from gateway.routing.revise import adopt, roll_back, succeed
from gateway.routing.rollout_states import TRANSITIONS
from gateway.routing.rollouts import Step
from gateway.routing.shares import replace_weights, set_shares

NAMES = ("blue", "green", "canary")
SERVICES = tuple(Service(name, urls=("http://127.0.0.1:1",)) for name in NAMES)
STEPS = (Step(5_000), Step(25_000), Step(UNITS))
ROUTE = Route("late", "/late", "blue", (("blue", UNITS), ("green", 0), ("canary", 0)))
OTHER = replace(ROUTE, name="other", path="/other")
SERVICE = st.sampled_from(NAMES)
NAME = st.sampled_from(["late", "other"])
SHARE = st.sampled_from([0.0, 1.0, 40.0, 100.0])
EVENT_STATES = {
    "started": "progressing",
    "step": "progressing",
    "resumed": "progressing",
    "paused": "paused",
    "held": "paused",
    "promoted": "healthy",
    "taken_over": "healthy",
    "failed": "degraded",
    "aborted": "degraded",
    "rolled_back": "degraded",
}


class Revisions(RuleBasedStateMachine):
    """A plan that everybody changes: controller, people, rollbacks, saved files."""

    def __init__(self) -> None:
        super().__init__()
        self.plan = RoutingPlan(SERVICES, (ROUTE, OTHER), revision=1)
        self.now = 1e9

    def change(self, name: str, how: Callable[[RoutingPlan, Route], RoutingPlan], action: str = "") -> None:
        """Make a revision as `commit` does, or be refused; what happened is what the table has."""
        route = self.plan.route(name)
        assert route is not None
        try:
            wanted = how(self.plan, route)
        except ChangeRefused:
            return
        before, self.plan = self.plan, succeed(self.plan, wanted)
        assert from_document(to_document(self.plan)) == self.plan
        for found in transitions(before, self.plan, action):
            assert found.progress.state == EVENT_STATES[found.event]
        for old, new in zip(before.routes, self.plan.routes, strict=True):
            assert new.name == name or old == new
            states = (
                old.progress.state if old.progress else "healthy",
                new.progress.state if new.progress else "healthy",
            )
            assert states[0] == states[1] or states in {(at, to) for (at, _), to in TRANSITIONS.items()}

    @rule(name=NAME, canary=SERVICE)
    def start(self, name: str, canary: str) -> None:
        """A person begins a rollout."""
        self.change(name, lambda plan, route: moves.start(plan, route, canary, steps=STEPS))

    @rule(name=NAME)
    def advance(self, name: str) -> None:
        """The next step, by whomever."""
        self.change(name, lambda plan, route: moves.advance(plan, route, "good", self.now))

    @rule(name=NAME)
    def complete(self, name: str) -> None:
        """Everything to the canary."""
        self.change(name, lambda plan, route: moves.complete(plan, route, "good", self.now))

    @rule(name=NAME, held_by=st.sampled_from(["", "outputs"]))
    def pause(self, name: str, held_by: str) -> None:
        """Somebody or a metric says stop."""
        self.change(name, lambda plan, route: moves.pause(plan, route, "look", held_by))

    @rule(name=NAME)
    def resume(self, name: str) -> None:
        """Go on."""
        self.change(name, lambda plan, route: moves.resume(plan, route, "seen"))

    @rule(name=NAME, how=st.sampled_from([moves.fail, moves.abort]))
    def take_back(self, name: str, how: Callable[[RoutingPlan, Route, str], RoutingPlan]) -> None:
        """Judged worse, or given up."""
        self.change(name, lambda plan, route: how(plan, route, "worse"))

    @rule(name=NAME, to=SERVICE)
    def switch(self, name: str, to: str) -> None:
        """Blue-green."""
        self.change(name, lambda plan, route: moves.switch(plan, route, to, "ready", self.now))

    @rule(name=NAME)
    def roll_back(self, name: str) -> None:
        """A person presses the button."""
        self.change(name, lambda plan, _: roll_back(plan, name, self.now), "rollback")

    @rule(name=NAME)
    def let_go(self, name: str) -> None:
        """The time to go back is over."""
        self.change(name, moves.let_go)

    @rule(name=NAME)
    def freeze_thresholds(self, name: str) -> None:
        """Stable's latencies are known."""
        self.change(name, lambda plan, route: moves.freeze_thresholds(plan, route, (1, 2, 3)))

    @rule(name=NAME, service=SERVICE, share=SHARE)
    def set_weight(self, name: str, service: str, share: float) -> None:
        """A person sets a share by hand."""
        self.change(name, lambda plan, _: set_shares(plan, {service: share}, name))

    @rule(name=NAME, service=SERVICE)
    def save_file(self, name: str, service: str) -> None:
        """A person saves a file with other weights; it knows nothing of progress."""

        def saved(plan: RoutingPlan, _: Route) -> RoutingPlan:
            edited = replace_weights(plan, name, {service: 1.0, "blue": 1.0})
            return adopt(
                plan, replace(edited, routes=tuple(replace(r, progress=None) for r in edited.routes))
            )

        self.change(name, saved)

    @rule(name=NAME)
    def save_something_else(self, name: str) -> None:
        """A file that leaves the division alone leaves the rollout alone."""

        def saved(plan: RoutingPlan, route: Route) -> RoutingPlan:
            edited = replace(route, progress=None, preview=f"x-preview-{plan.revision}")
            routes = tuple(edited if r.name == name else replace(r, progress=None) for r in plan.routes)
            return adopt(plan, replace(plan, routes=routes, parked=()))

        before = self.plan.route(name)
        self.change(name, saved)
        after = self.plan.route(name)
        assert before is not None
        assert after is not None
        assert (before.progress, before.since, before.weights) == (after.progress, after.since, after.weights)

    @precondition(lambda self: self.plan.parked)
    @rule(name=NAME)
    def override_to_a_parked_one(self, name: str) -> None:
        """A person opens a way to a version that rests."""
        to = self.plan.parked[0]

        def opened(plan: RoutingPlan, route: Route) -> RoutingPlan:
            edited = replace(route, overrides=(Override("x-canary", "always", to),))
            return replace(plan, routes=tuple(edited if r.name == name else r for r in plan.routes))

        self.change(name, opened)
        assert to not in self.plan.parked

    @invariant()
    def weights_are_those_of_the_place(self) -> None:
        """The promise that nothing can ever jump."""
        for route in self.plan.routes:
            progress, weights = route.progress, dict(route.weights)
            assert sum(weights.values()) == UNITS
            if progress is None or not progress.is_active:
                continue
            assert weights[progress.canary] == progress.steps[progress.step].weight
            assert route.stable == progress.stable != progress.canary
            assert progress.id <= self.plan.revision

    @invariant()
    def whoever_gets_requests_runs(self) -> None:
        """No service is parked that a route sends anything to, or may want back at once."""
        for route in self.plan.routes:
            needed = {name for name, units in route.weights if units} | {route.stable}
            if route.progress is not None and route.progress.is_active:
                needed.add(route.progress.canary)
            if route.progress is not None:
                needed.add(route.progress.previous)
            assert not needed & set(self.plan.parked)


TestRevisions = Revisions.TestCase
TestRevisions.settings = settings(max_examples=100, stateful_step_count=25)
