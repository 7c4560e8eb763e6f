"""What the store has of a window, added up by version."""

from __future__ import annotations

import sqlite3

from gateway.routing.watches import GROUPS, Monitor
from gateway.watching import store
from gateway.watching.basis import Basis, Binning, digest, to_json
from gateway.watching.decays import Verdict
from gateway.watching.store import Place
from gateway.watching.summary import Answers, Predictions, Resources, Truths, Values
from gateway.watching.windows import Sight, Window, gateway_signals, model_of, signals_of
from tests.watching.watched import plan_of

MINUTE = 60_000_000
PLAN = plan_of(monitor=Monitor(every=60, window=600))
BASIS = Basis("training", (Binning("x", "number", (1.0,), counts=(5, 5), days=2),))
ALL = frozenset(GROUPS)


def test_the_window_before_ends_where_this_one_begins() -> None:
    """With the same length."""
    assert Window(50, 60).before == Window(40, 50)


def test_versions_are_added_up_over_the_window(db: sqlite3.Connection) -> None:
    """Rate by the part of it that there are data of."""
    for minute in (1, 2, 12):
        store.add(db, {Place("answers", "late", "v1", "", minute * MINUTE, MINUTE): Answers(60, {"ok": 60})})
    store.add(db, {Place("resources", "", "v1", "", MINUTE, MINUTE): Resources(2, 1.0, 8e9)})
    found = signals_of(Sight(db, PLAN, {}), PLAN.routes[0], Window(0, 10 * MINUTE), ALL)
    assert (found["rate", "v1", ""].value, found["rate", "v1", ""].n) == (120 / 540, 120)
    assert found["cpu", "v1", ""].value == 0.5


def test_a_burst_after_a_quiet_time_is_no_high_rate(db: sqlite3.Connection) -> None:
    """The whole window counts but for what lies before the route's very first answer."""
    for minute in (1, 69):
        store.add(db, {Place("answers", "late", "v1", "", minute * MINUTE, MINUTE): Answers(60, {"ok": 60})})
    found = signals_of(Sight(db, PLAN, {}), PLAN.routes[0], Window(10 * MINUTE, 70 * MINUTE), ALL)
    assert found["rate", "", ""].value == 60 / 3600


def test_no_answers_are_a_rate_of_none(db: sqlite3.Connection) -> None:
    """Where there have been some before; shares of nothing are not known."""
    store.add(db, {Place("answers", "late", "v1", "", MINUTE, MINUTE): Answers(60, {"ok": 60})})
    found = signals_of(Sight(db, PLAN, {}), PLAN.routes[0], Window(10 * MINUTE, 70 * MINUTE), ALL)
    assert (found["rate", "", ""].value, found["rate", "", ""].n) == (0.0, 0)
    assert found["errors", "", ""].value is None


def test_only_the_bins_in_use_are_compared(db: sqlite3.Connection) -> None:
    """Counts of a model that was replaced are of other bins; how many predictions there were is known."""
    name = digest("models/v1", BASIS)
    store.set_bases(db, [("old", "late", "v1", 1, to_json(BASIS)), (name, "late", "v1", 2, to_json(BASIS))])
    for basis, bins in (("old", {0: 90}), (name, {0: 5, 1: 5})):
        counted = Predictions(10, {"x": Values(10, bins=bins)})
        store.add(db, {Place("predictions", "late", "v1", basis, 0, MINUTE): counted})
    store.add(db, {Place("truths", "late", "v1", "models/v1", 0, MINUTE): Truths(5, 5, 0, 0, 4)})
    store.add(db, {Place("truths", "late", "v1", "models/old", 0, MINUTE): Truths(5, 5, 0, 0, 0)})
    found = signals_of(Sight(db, PLAN, {}), PLAN.routes[0], Window(0, MINUTE), ALL)
    assert found["drift", "v1", "x"].value == 0.0
    assert found["accuracy", "v1", ""].value == 0.8
    assert found["labelled", "v1", ""].value == 0.25


def test_groups_that_are_not_asked_for_are_left_out(db: sqlite3.Connection) -> None:
    """By the clock, or by the route."""
    store.add(db, {Place("answers", "late", "v1", "", 0, MINUTE): Answers(60, {"ok": 60})})
    route = PLAN.routes[0]
    assert signals_of(Sight(db, PLAN, {}), route, Window(0, MINUTE), frozenset({"inputs"})) == {}
    [quiet] = plan_of(monitor=Monitor(groups=("outputs",))).routes
    assert signals_of(Sight(db, PLAN, {}), quiet, Window(0, MINUTE), ALL) == {}


def test_decay_is_told_even_when_the_window_is_empty(db: sqlite3.Connection) -> None:
    """It is of the whole life of a version."""
    verdict = Verdict(1.2, 900, 5.0, 0.1, 0.2, "brier")
    found = signals_of(Sight(db, PLAN, {("late", "v1"): verdict}), PLAN.routes[0], Window(0, MINUTE), ALL)
    assert (found["decay", "v1", ""].value, found["decay", "v1", ""].n) == (1.2, 900)


def test_without_anything_there_is_nothing_to_say(db: sqlite3.Connection) -> None:
    """No signal of a route, and no share of lost records."""
    assert signals_of(Sight(db, PLAN, {}), PLAN.routes[0], Window(0, MINUTE), ALL) == {}
    assert gateway_signals(Sight(db, PLAN, {}), Window(0, MINUTE))["dropped", "", ""].value is None


def test_a_version_that_runs_elsewhere_has_no_model() -> None:
    """Nor has one that is not in the plan."""
    assert [model_of(PLAN, name) for name in ("v1", "far", "none")] == ["models/v1", "", ""]
