"""What the journal must say of rollouts, and what it must not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.rollouts.history import Move, ends, last_of, moves_in, problems
from gateway.rollout import moves
from gateway.routing.journal import Revision
from gateway.routing.plan import Route, RoutingPlan, Service
from gateway.routing.revise import succeed
from gateway.routing.rollouts import Step

STEPS = (Step(5_000), Step(25_000), Step(50_000), Step(100_000))
PLAN = succeed(
    None,
    RoutingPlan(
        revision=0,
        services=(
            Service("blue", urls=("http://127.0.0.1:1",)),
            Service("canary", urls=("http://127.0.0.1:2",)),
        ),
        routes=(Route("late", "/late", "blue", (("blue", 100_000), ("canary", 0))),),
    ),
)


def played(actions: Sequence[str]) -> list[Move]:
    """Return the journal of a rollout to which these things happen, each where it is possible."""
    plan, entries = PLAN, [_entry(PLAN, "file")]
    for action in actions:
        (route,) = plan.routes
        is_active = route.progress is not None and route.progress.is_active
        if (action == "rollout") is is_active or (action == "rollout" and route.stable == "canary"):
            continue
        plan = succeed(plan, _after(plan, route, action))
        entries.append(_entry(plan, action))
    return moves_in(entries, "late")


def _after(plan: RoutingPlan, route: Route, action: str) -> RoutingPlan:
    if action == "rollout":
        return moves.start(plan, route, "canary", steps=STEPS)
    if action == "fail":
        return moves.fail(plan, route, "worse")
    if action == "complete":
        return moves.complete(plan, route, "good", 0.0)
    return moves.advance(plan, route, "good", 0.0)


def _entry(plan: RoutingPlan, action: str) -> Revision:
    return Revision(plan.revision, 0.0, "rollout", "", action, plan, None, "written")


@given(st.lists(st.sampled_from(["rollout", "advance", "advance", "fail", "complete"]), max_size=12))
def test_what_the_moves_do_is_in_order(actions: list[str]) -> None:
    """Whatever happens to rollouts, one after the other."""
    assert problems(played(actions)) == []


def test_a_step_that_is_skipped_is_found() -> None:
    """As if a revision were missing."""
    whole = played(["rollout", "advance", "advance"])
    assert problems([*whole[:2], *whole[3:]]) == ["revision 4 (advance): from step 1 to 3"]


def test_a_step_that_is_taken_twice_is_found() -> None:
    """It would be another revision with the same step."""
    whole = played(["rollout", "advance"])
    progress = whole[-1].route.progress
    assert progress is not None
    again = replace(
        whole[-1], revision=9, route=replace(whole[-1].route, progress=replace(progress, why="again"))
    )
    assert problems([*whole, again]) == ["revision 9 (advance): step 2 is taken twice"]


def test_weights_that_are_not_the_steps_are_found() -> None:
    """They follow from the step and from nothing else."""
    (*_, last) = played(["rollout", "advance"])
    jumped = replace(last, route=replace(last.route, weights=(("blue", 40_000), ("canary", 60_000))))
    (said,) = problems([jumped])
    assert said.startswith("revision 3 gives {'blue': 40000, 'canary': 60000}")


def test_a_rollout_that_comes_back_is_found() -> None:
    """What was taken back stays so until another one begins."""
    whole = played(["rollout", "fail"])
    assert problems([*whole, replace(whole[1], revision=9)]) == [
        "revision 9 (rollout): a rollout that was degraded becomes progressing"
    ]


def test_each_rollout_has_its_end() -> None:
    """By its id, which is the revision that began it."""
    found = played(["rollout", "fail", "rollout", "advance", "complete"])
    assert ends(found) == {2: "rolled back", 4: "promoted"}
    assert ends(played(["rollout"])) == {2: "progressing"}
    last = last_of(found, "fail")
    assert last is not None
    assert last.revision == 3
    assert last_of(found, "pause") is None
