"""Names in rules that no model has are told, where that can be known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.control.log.names import undeclared
from gateway.requestlog.policy import Coarsen, Filter, LabelPolicy, LogPolicy
from gateway.routing.file import read_plan
from gateway.routing.plan import Route, RoutingPlan, Service
from gateway.routing.watches import AlertRule, Monitor

HERE = Path(__file__).parents[3]
BLUE, CANARY = Service("blue", model="model_versions/v1"), Service("canary", model="model_versions/v3")
LATE = Route("late", "/", "blue", (("blue", 90_000), ("canary", 10_000)))
PLAN = RoutingPlan((BLUE, CANARY), (LATE,), alerts=())


def late(**changes: object) -> RoutingPlan:
    """Return the plan with the route changed."""
    return replace(PLAN, routes=(replace(LATE, **changes),))  # type: ignore[arg-type]


def logged(**changes: object) -> RoutingPlan:
    """Return the plan with another filter."""
    return late(log=LogPolicy(filter=Filter(**changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (
            logged(keep=("carier",)),
            "`keep` of `filter` names `carier`, which no model of route late declares; did",
        ),
        (logged(pseudonymise=("passenger",)), "`pseudonymise` of `filter` names `passenger`"),
        (logged(encrypt=("note",)), "`encrypt` of `filter` names `note`"),
        (
            logged(coarsen=(Coarsen("temperature", "round", 1.0),)),
            "`coarsen` of `filter` names `temperature`",
        ),
        (late(log=LogPolicy(labels=LabelPolicy(key="flight"))), "`key` of `labels` names `flight`"),
        (late(log=LogPolicy(labels=LabelPolicy(output="lat"))), "did you mean `late`?"),
        (late(monitor=Monitor(time="mont")), "`time` of `monitor` names `mont`"),
        (replace(PLAN, alerts=(AlertRule("warm", "drift", ">", 1.0, "tmp"),)), "alert `warm` names `tmp`"),
    ],
)
def test_a_name_that_no_model_has_is_told(plan: RoutingPlan, says: str) -> None:
    """With the nearest one that it has."""
    [told] = undeclared(plan, HERE)
    assert says in told


@pytest.mark.parametrize(
    "plan",
    [
        PLAN,
        logged(keep=("carrier", "late_probability"), coarsen=(Coarsen("temp", "round", 5.0),)),
        late(log=None, monitor=Monitor(time="nothing")),
        late(monitor=Monitor(time="parameters.anything")),
        replace(PLAN, alerts=(AlertRule("warm", "drift", ">", 1.0, "tmp", routes=("other",)),)),
        replace(logged(keep=("x",)), services=(BLUE, Service("canary", urls=("http://h:1",)))),
        replace(logged(keep=("x",)), services=(BLUE, Service("canary", model="model_versions/v9"))),
    ],
)
def test_what_is_fine_or_cannot_be_known_is_not_told(plan: RoutingPlan) -> None:
    """Names that are declared, logs that are off, models that run elsewhere."""
    assert undeclared(plan, HERE) == []


def test_a_name_of_the_top_level_need_not_be_in_every_route() -> None:
    """One route whose model has it is enough; where none has it, it is told once."""
    policy = LogPolicy(filter=Filter(keep=("carrier", "nothing")))
    routes = tuple(replace(LATE, name=f"r{number}", log=policy) for number in range(5))
    [told] = undeclared(replace(PLAN, routes=routes), HERE)
    assert "`nothing`, which no model of the routes r0, r1, r2 and 2 more declares" in told


def test_the_repositorys_own_file_names_nothing_unknown() -> None:
    """Nobody starts with a warning."""
    path = HERE / "routing.yaml"
    assert undeclared(read_plan(path.read_text(encoding="utf-8"), path), HERE) == []
