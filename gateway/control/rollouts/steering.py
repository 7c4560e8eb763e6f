"""What people do to rollouts, for the command line and the admin API: each makes one revision or raises.

Nothing heavy may be imported here, and no process is asked for leave: a rollout can be stopped while the
control process is dead. `commit` publishes; whoever calls writes routing.yaml back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from itertools import pairwise

from gateway.control.rollouts.start import why_not_ready, would_move_back
from gateway.control.rollouts.words import next_in_words, place, weight
from gateway.control.status.health import answers
from gateway.control.status.observation import read_running
from gateway.errors import ChangeRefused
from gateway.rollout import moves
from gateway.rollout.thresholds import thresholds
from gateway.routing.change import Request, commit
from gateway.routing.places import Places
from gateway.routing.plan import UNITS, Route, RoutingPlan, shortest_percent
from gateway.routing.rollouts import Progress, Step

Find = Callable[[RoutingPlan], Route]
Move = Callable[[RoutingPlan, Route], RoutingPlan]
MOST_STEPS = 100


class NotNow(ChangeRefused):
    """The rollout's state, or the canary's, forbids it: it may be possible later."""


def make(places: Places, request: Request, find: Find, move: Move) -> tuple[RoutingPlan, Route]:
    """Make one move on the route that `find` returns; return the live plan and that route in it."""
    names = []

    def change(plan: RoutingPlan) -> RoutingPlan:
        route = find(plan)
        names.append(route.name)
        return move(plan, route)

    plan, _ = commit(places, request, change)
    route = plan.route(names[-1])
    assert route is not None  # a move removes none
    return plan, route


def starting(places: Places, canary: str, steps: tuple[Step, ...] = (), *, force: bool = False) -> Move:
    """Return the move that begins a rollout; `force`: even if its canary has no replica to answer."""

    def move(plan: RoutingPlan, route: Route) -> RoutingPlan:
        check_known(plan, canary)
        check_none_under_way(route)
        if problem := would_move_back(route, canary, steps or route.rollout.steps):
            raise NotNow(problem)
        begun = moves.start(plan, route, canary, steps=steps, thresholds=thresholds(places, route))
        if not force and (problem := why_not_ready(places, plan, canary)):
            raise NotNow(
                f"{canary} is not ready: {problem}; see to that first, or start it nevertheless with --force "
                '(in the API: "force": true)'
            )
        return begun

    return move


def pausing(request: Request) -> Move:
    """Return the move that keeps a canary's share as it is."""

    def move(plan: RoutingPlan, route: Route) -> RoutingPlan:
        if under_way(route).state == "paused":
            raise NotNow(f"the rollout on route {route.name} is paused already: {under_way(route).why}")
        return moves.pause(plan, route, said(request, "paused it"))

    return move


def resuming(request: Request) -> Move:
    """Return the move that goes on after a pause."""

    def move(plan: RoutingPlan, route: Route) -> RoutingPlan:
        if under_way(route).state != "paused":
            raise NotNow(f"the rollout on route {route.name} is not paused; {next_in_words(route)}")
        return moves.resume(plan, route, said(request, "resumed it"))

    return move


def promoting(request: Request, now: float, *, full: bool = False) -> Move:
    """Return the move to the next step at `now` (seconds since 1970); `full`: to being stable at once."""

    def move(plan: RoutingPlan, route: Route) -> RoutingPlan:
        under_way(route)
        if full:
            return moves.complete(plan, route, said(request, "made it stable"), now)
        return moves.advance(plan, route, said(request, "promoted it"), now)

    return move


def aborting(request: Request) -> Move:
    """Return the move that takes a canary back."""

    def move(plan: RoutingPlan, route: Route) -> RoutingPlan:
        under_way(route)
        return moves.abort(plan, route, said(request, "aborted it"))

    return move


def under_way(route: Route) -> Progress:
    """Return the rollout under way; raises NotNow where there is none."""
    if route.progress is None or not route.progress.is_active:
        raise NotNow(f"no rollout is under way on route {route.name}; to begin one: gateway rollout SERVICE")
    return route.progress


def check_none_under_way(route: Route, otherwise: str = "") -> None:
    """Raise NotNow where a rollout has not ended yet; `otherwise` is said of how to go on all the same."""
    progress = route.progress
    if progress is not None and progress.is_active:
        raise NotNow(
            f"a rollout of {progress.canary} is under way on route {route.name} ({place(progress)}, "
            f"{weight(progress)}); end it first: gateway abort, or gateway promote --full"
            + (f"; or {otherwise}" if otherwise else "")
        )


def find_for(plan: RoutingPlan, name: str | None, canary: str = "") -> Route:
    """Return the route that is meant by its name, a canary or the rollout under way; raises ChangeRefused."""
    if name is None and canary:
        check_known(plan, canary)
    if name is None and not canary and not any(r.progress and r.progress.is_active for r in plan.routes):
        raise NotNow("no rollout is under way; to begin one: gateway rollout SERVICE")
    return moves.route_for(plan, name, canary)


def said(request: Request, did: str) -> str:
    """Say who did something and why, as a rollout's `why`."""
    return f"{request.author} {did}" + (f": {request.reason}" if request.reason else "")


def check_known(plan: RoutingPlan, name: str) -> None:
    """Raise ChangeRefused where a plan has no such service, naming the nearest."""
    if plan.service(name) is None:
        names = [service.name for service in plan.services]
        near = get_close_matches(name, names, 1)
        hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(names[:20])}"
        raise ChangeRefused(f"there is no service {name}; {hint}")


def steps_of(percents: Sequence[float]) -> tuple[Step, ...]:
    """Return steps that each hold until their verdict; 100 % is added at the end. Raises ChangeRefused."""
    listed = ", ".join(f"{found:g}" for found in percents)
    if not percents:
        raise ChangeRefused("a rollout needs a step: percentages that grow, such as 1,5,25,100")
    if len(percents) > MOST_STEPS:
        raise ChangeRefused(f"{len(percents)} steps are too many; {MOST_STEPS} are possible")
    for percent in percents:
        if not 0.001 <= percent <= 100:
            raise ChangeRefused(f"a step is a percentage from 0.001 to 100, not {percent:g}")
    units = [round(percent * UNITS / 100) for percent in percents]
    for before, after in pairwise(units):
        if after <= before:
            last, then = shortest_percent(before), shortest_percent(after)
            raise ChangeRefused(f"steps must grow, and {then} does not after {last} (given: {listed})")
    if units[0] == UNITS:
        raise ChangeRefused("a rollout needs a step below 100 %; to move everything at once: gateway switch")
    return tuple(Step(weight) for weight in (units if units[-1] == UNITS else [*units, UNITS]))


def control_runs(places: Places) -> bool:
    """Tell whether the control process, which judges, is there and answers."""
    running = read_running(places)
    listed = any(process.role == "control" and process.pid for process in running.processes)
    return listed and answers(running.admin, places)
