"""What each event of a rollout does to the plan: weights and state in one piece."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.errors import ChangeRefused
from gateway.rollout import moves
from gateway.routing.judges import Judge
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.routing.revise import roll_back, says_the_same, succeed
from gateway.routing.rollouts import Progress, Rollout, Step
from gateway.routing.settings import Sticky

NAMES = ("blue", "green", "canary")
SERVICES = tuple(Service(name, urls=("http://127.0.0.1:1",)) for name in NAMES)
STEPS = (Step(5_000), Step(50_000, "time", 60.0), Step(UNITS))
ROUTE = Route("late", "/late", "blue", (("blue", UNITS), ("green", 0)), rollout=Rollout(steps=STEPS))
OTHER = Route("other", "/other", "green", (("green", UNITS),))
PLAN = RoutingPlan(SERVICES, (ROUTE, OTHER), revision=6)
NOW = 1e9


def late(plan: RoutingPlan) -> Route:
    """Return the route."""
    found = plan.route("late")
    assert found is not None
    return found


def progress(plan: RoutingPlan) -> Progress:
    """Return where its rollout stands."""
    found = late(plan).progress
    assert found is not None
    return found


def units(plan: RoutingPlan) -> dict[str, int]:
    """Return its weights, zeros left out."""
    return {name: share for name, share in late(plan).weights if share}


def started(plan: RoutingPlan = PLAN) -> RoutingPlan:
    """Return a plan with a rollout at its first step, as a revision."""
    return succeed(plan, moves.start(plan, late(plan), "canary"))


def test_a_start_is_at_the_first_step() -> None:
    """Its id is the revision that makes it; the route's own steps are fixed for it."""
    plan = started()
    assert units(plan) == {"blue": 95_000, "canary": 5_000}
    assert progress(plan) == Progress(
        7, "canary", "blue", "progressing", 0, STEPS, "the rollout of canary began"
    )
    assert late(plan).since == plan.revision == 7


def test_a_start_may_have_its_own_steps_and_thresholds() -> None:
    """A person chose them, or they are known already."""
    own = (Step(1_000), Step(UNITS))
    found = progress(moves.start(PLAN, ROUTE, "canary", steps=own, thresholds=(1, 2, 3)))
    assert (found.steps, found.thresholds) == (own, (1, 2, 3))


@pytest.mark.parametrize(
    ("canary", "steps", "said"),
    [
        ("canari", (), "there is no service canari"),
        ("blue", (), "blue is stable on route late already"),
        ("canary", (Step(UNITS),), "to move everything at once: gateway switch"),
    ],
)
def test_a_start_that_makes_no_sense_is_refused(canary: str, steps: tuple[Step, ...], said: str) -> None:
    """With what to do instead."""
    with pytest.raises(ChangeRefused, match=said):
        moves.start(PLAN, ROUTE, canary, steps=steps)


def test_a_second_start_is_refused_until_the_first_has_ended() -> None:
    """Then it is another rollout."""
    plan = started()
    with pytest.raises(ChangeRefused, match="a rollout is under way"):
        moves.start(plan, late(plan), "green")
    ended = succeed(plan, moves.abort(plan, late(plan), "enough"))
    assert progress(started(ended)).id == 9


def test_an_advance_gives_the_next_steps_weight() -> None:
    """Other services keep their proportions."""
    split = replace(ROUTE, weights=(("blue", 75_000), ("green", 25_000)))
    plan = started(replace(PLAN, routes=(split, OTHER)))
    onward = moves.advance(plan, late(plan), "good", NOW)
    assert units(onward) == {"blue": 37_500, "green": 12_500, "canary": 50_000}
    assert (progress(onward).step, progress(onward).state, progress(onward).why) == (1, "progressing", "good")


def test_the_advance_to_everything_completes() -> None:
    """The canary is stable, and the version before stays warm for a while."""
    plan = started()
    plan = succeed(plan, moves.advance(plan, late(plan), "good", NOW))
    done = moves.advance(plan, late(plan), "very good", NOW)
    assert done == moves.complete(plan, late(plan), "very good", NOW)
    assert (late(done).stable, units(done)) == ("canary", {"canary": UNITS})
    found = progress(done)
    assert (found.state, found.step, found.stable, found.previous) == ("healthy", 2, "blue", "blue")
    assert found.warm_until == NOW + ROUTE.rollout.keep_warm


def test_a_person_may_complete_from_any_step() -> None:
    """`promote --full`, from a pause as well."""
    plan = started()
    paused = moves.pause(plan, late(plan), "look")
    for at in (plan, paused):
        assert units(moves.complete(at, late(at), "now", NOW)) == {"canary": UNITS}


def test_a_pause_keeps_the_share() -> None:
    """And a resume goes on from it; neither begins another interval of counting."""
    plan = started()
    paused = succeed(plan, moves.pause(plan, late(plan), "lunch"))
    resumed = succeed(paused, moves.resume(paused, late(paused), "back"))
    assert [progress(each).state for each in (paused, resumed)] == ["paused", "progressing"]
    assert units(paused) == units(resumed) == units(plan)
    assert late(paused).since == late(resumed).since == late(plan).since
    with pytest.raises(ChangeRefused, match="`resume` is not possible"):
        moves.resume(plan, late(plan), "why")


@pytest.mark.parametrize("how", ["resume", "advance", "complete"])
def test_going_on_answers_the_metric_that_held(how: str) -> None:
    """It asks no more; what was answered before stays answered."""
    plan = moves.pause(started(), late(started()), "look", "outputs")
    assert progress(plan).held_by == "outputs"
    again = {
        "resume": lambda: moves.resume(plan, late(plan), "seen"),
        "advance": lambda: moves.advance(plan, late(plan), "seen", NOW),
        "complete": lambda: moves.complete(plan, late(plan), "seen", NOW),
    }[how]()
    assert (progress(again).held_by, progress(again).accepted) == ("", ("outputs",))


@pytest.mark.parametrize("how", [moves.fail, moves.abort])
@pytest.mark.parametrize("is_paused", [False, True])
def test_what_is_taken_back_gets_nothing_more(how: object, is_paused: bool) -> None:
    """In one piece with the state that says so."""
    plan = started()
    if is_paused:
        plan = moves.pause(plan, late(plan), "look")
    back = how(plan, late(plan), "worse")  # type: ignore[operator]
    assert units(back) == {"blue": UNITS}
    assert (progress(back).state, progress(back).why) == ("degraded", "worse")
    with pytest.raises(ChangeRefused, match="no rollout is under way"):
        moves.resume(back, late(back), "why")


def test_taking_back_leaves_the_others_their_proportions() -> None:
    """A third version keeps what it had beside stable."""
    split = replace(ROUTE, weights=(("blue", 75_000), ("green", 25_000)))
    plan = started(replace(PLAN, routes=(split, OTHER)))
    assert units(moves.fail(plan, late(plan), "worse")) == {"blue": 75_000, "green": 25_000}


def test_users_come_back_to_where_they_were() -> None:
    """Placing weights are those from before the rollout, so no key moves but the canary's own."""
    sticky = replace(
        ROUTE, sticky=Sticky("header", "x-user-id"), weights=(("blue", 66_667), ("green", 33_333))
    )
    plan = started(replace(PLAN, routes=(sticky, OTHER)))
    back = succeed(plan, moves.abort(plan, late(plan), "enough"))
    blue, green, canary = late(back).keyed
    assert (blue, green) == pytest.approx((66_667, 33_333))
    assert canary == 0


def test_a_switch_moves_everything_at_once() -> None:
    """As a rollout that is over at once, whatever was before."""
    found = moves.switch(PLAN, ROUTE, "green", "green is ready", NOW)
    assert (late(found).stable, units(found)) == ("green", {"green": UNITS})
    assert (progress(found).state, progress(found).previous, progress(found).id) == ("healthy", "blue", 7)
    with pytest.raises(ChangeRefused, match="green has all the traffic"):
        moves.switch(found, late(found), "green", "again", NOW)


def test_thresholds_are_frozen_in_place() -> None:
    """Counting begins anew with them, since before nothing was slow; nothing else changes."""
    plan = started()
    frozen = succeed(plan, moves.freeze_thresholds(plan, late(plan), (10, 20, 30)))
    assert progress(frozen) == replace(progress(plan), thresholds=(10, 20, 30))
    assert late(frozen).since == frozen.revision
    with pytest.raises(ChangeRefused, match="no rollout is under way"):
        moves.freeze_thresholds(PLAN, ROUTE, (1,))


def test_the_version_before_rests_once_its_time_is_over() -> None:
    """Where no route needs it; and cannot be gone back to any more."""
    plan = started()
    plan = succeed(plan, moves.complete(plan, late(plan), "good", NOW))
    back = roll_back(plan, "late", NOW + 1)
    assert (late(back).stable, progress(back).state) == ("blue", "degraded")
    gone = succeed(plan, moves.let_go(plan, late(plan)))
    assert gone.parked == ("blue",)
    assert (progress(gone).previous, progress(gone).state) == ("", "healthy")
    assert moves.let_go(gone, late(gone)) == gone
    assert says_the_same(roll_back(gone, "late", NOW + 1), gone)


def test_a_parked_version_is_back_with_its_first_share() -> None:
    """In the revision that starts its rollout."""
    plan = started(replace(PLAN, parked=("canary",)))
    assert plan.parked == ()


def test_the_route_that_is_meant() -> None:
    """By name, by the canary among its weights, or by the rollout under way; else the person is asked."""
    assert moves.route_for(PLAN, "other") is OTHER
    with pytest.raises(ChangeRefused, match="there is no route late2; there is late, other"):
        moves.route_for(PLAN, "late2")
    both = replace(PLAN, routes=(replace(ROUTE, weights=(("blue", UNITS), ("canary", 0))), OTHER))
    assert moves.route_for(both, None, "canary").name == "late"
    with pytest.raises(ChangeRefused, match=r"several routes are possible \(late, other\)"):
        moves.route_for(PLAN, None, "green")
    with pytest.raises(ChangeRefused, match="no route has canary among its weights"):
        moves.route_for(PLAN, None, "canary")
    with pytest.raises(ChangeRefused, match="no route has a rollout under way"):
        moves.route_for(PLAN, None)
    assert moves.route_for(started(), None).name == "late"
    assert moves.route_for(replace(PLAN, routes=(ROUTE,)), None, "canary") is ROUTE


def test_of_several_routes_with_a_canary_the_likely_one_is_meant() -> None:
    """The only one that gives it requests or says how to roll out."""
    other = replace(OTHER, weights=(("green", UNITS), ("canary", 0)))
    late_too = replace(ROUTE, weights=(*ROUTE.weights, ("canary", 0)))
    assert moves.route_for(replace(PLAN, routes=(late_too, other)), None, "canary") is late_too
    plain = replace(late_too, rollout=Rollout())
    given = replace(other, weights=(("green", 1), ("canary", UNITS - 1)))
    assert moves.route_for(replace(PLAN, routes=(plain, given)), None, "canary") is given
    for routes in ((plain, other), (late_too, given)):
        with pytest.raises(ChangeRefused, match=r"several routes are possible \(late, other\)"):
            moves.route_for(replace(PLAN, routes=routes), None, "canary")


def test_a_start_lets_go_of_what_the_last_promotion_replaced() -> None:
    """Nobody goes back past the rollout that is under way, so it need not stay warm."""
    plan = succeed(PLAN, moves.switch(PLAN, late(PLAN), "green", "new colours", NOW))
    assert progress(plan).previous == "blue"
    plan = succeed(plan, moves.start(plan, late(plan), "canary"))
    assert progress(plan).previous == ""
    assert plan.parked == ("blue",)
    plan = roll_back(plan, "late", NOW)
    assert (late(plan).stable, units(plan)) == ("green", {"green": UNITS})


def test_steps_end_with_all_of_the_traffic() -> None:
    """Whoever names steps that stop before it means it all the same."""
    plan = moves.start(PLAN, late(PLAN), "canary", steps=(Step(5_000),))
    assert progress(plan).steps == (Step(5_000), Step(UNITS))


def test_a_rollout_is_judged_as_it_was_when_it_began() -> None:
    """What is saved into the file meanwhile holds from the next one on."""
    plan = started()
    stricter = replace(late(plan), rollout=Rollout(judge=Judge(alpha=0.01), freeze=()))
    assert stricter.rules.judge == late(PLAN).rollout.judge
    assert replace(stricter, progress=None).rules.judge.alpha == 0.01


def replaced(plan: RoutingPlan, name: str) -> RoutingPlan:
    """Return a plan in which a service runs elsewhere."""
    services = (replace(s, urls=("http://127.0.0.1:2",)) if s.name == name else s for s in plan.services)
    return replace(plan, services=tuple(services))


@pytest.mark.parametrize(
    ("name", "state"), [("canary", "healthy"), ("blue", "healthy"), ("green", "progressing")]
)
def test_a_version_that_becomes_another_program_ends_its_rollout(name: str, state: str) -> None:
    """What was shown was shown of the one before; services that are no part of it do not matter."""
    plan = started()
    changed = succeed(plan, replaced(plan, name))
    assert progress(changed).state == state
    assert units(changed) == units(plan)


def promoted(plan: RoutingPlan, route: str) -> RoutingPlan:
    """Return a plan in which canary became stable on a route."""
    found = plan.route(route)
    assert found is not None
    return succeed(plan, moves.switch(plan, found, "canary", "it was switched", NOW))


def test_a_rollback_of_everything_goes_back_to_a_version_before_only_where_it_is_clear_which() -> None:
    """With two promotions, or with another rollout just taken back, somebody has to say what is meant."""
    one = promoted(PLAN, "late")
    assert late(roll_back(one, None, NOW)).stable == "blue"
    two = promoted(one, "other")
    assert says_the_same(roll_back(two, None, NOW), two)
    assert late(roll_back(two, "late", NOW)).stable == "blue"
    begun = succeed(one, moves.start(one, one.routes[1], "blue"))
    failed = succeed(begun, moves.fail(begun, begun.routes[1], "it is worse"))
    assert says_the_same(roll_back(failed, None, NOW), failed)


def test_nobody_goes_back_past_a_stable_set_by_hand() -> None:
    """What the promotion replaced is not what would be replaced now."""
    one = promoted(PLAN, "late")
    by_hand = replace(late(one), stable="green", weights=(("blue", 0), ("green", UNITS), ("canary", 0)))
    plan = succeed(one, replace(one, routes=(by_hand, OTHER)))
    assert says_the_same(roll_back(plan, "late", NOW), plan)


def test_a_switch_to_stable_itself_leaves_nobody_to_go_back_to() -> None:
    """It only takes the share of the others."""
    shared = replace(
        PLAN, routes=(replace(ROUTE, weights=(("blue", UNITS // 2), ("green", UNITS // 2))), OTHER)
    )
    plan = succeed(shared, moves.switch(shared, late(shared), "blue", "back", NOW))
    assert (progress(plan).previous, progress(plan).warm_until) == ("", 0.0)
