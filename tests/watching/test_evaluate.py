"""One look at a moment."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from gateway.routing.watches import AlertRule, Monitor
from gateway.watching import store
from gateway.watching.clocks import Clock
from gateway.watching.evaluate import Look, forget_gone, load, look
from gateway.watching.sentences import sentence
from gateway.watching.store import Place
from gateway.watching.summary import Answers
from tests.watching.watched import plan_of

MINUTE = 60_000_000
CLOCK = Clock("late", frozenset({"software", "inputs"}), MINUTE, 2 * MINUTE, "looked:late", 0)
RULES = (AlertRule("errors", "errors", ">", 0.05), AlertRule("lost", "dropped", ">", 0.01))
PLAN = plan_of(RULES, Monitor(every=60, window=120))


def fill(db: sqlite3.Connection, minute: int, bad: int) -> None:
    """Have a minute of a hundred answers."""
    place = Place("answers", "late", "v1", "", minute * MINUTE, MINUTE)
    store.add(db, {place: Answers(100, {"ok": 100 - bad, "server_error": bad})})


def test_an_alert_says_what_was_before_and_shows_its_query(db: sqlite3.Connection) -> None:
    """The window before is that before it began, also when it goes on."""
    for minute, bad in enumerate((0, 2, 50, 60, 70)):
        fill(db, minute, bad)
    for minute in (2, 4, 5):
        look(Look(db, PLAN), CLOCK, minute * MINUTE)
    [alert] = load(db).values()
    assert (alert.state, alert.value, alert.before, alert.n) == ("firing", 0.65, 0.01, 200)
    assert (alert.start, alert.end, alert.course.since) == (180.0, 300.0, 240.0)
    assert "1970-01-01 00:03:00" in alert.query
    assert store.marks(db)["looked:late"] == 5 * MINUTE


def test_a_look_is_kept_whole_or_not_at_all(db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts and how far was looked go together."""
    fill(db, 0, 50)

    def failing(*_: object) -> None:
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(store, "set_marks", failing)
    with pytest.raises(sqlite3.OperationalError):
        look(Look(db, PLAN), CLOCK, MINUTE)
    assert load(db) == {}


def test_a_look_at_the_past_sees_the_decay_of_then(db: sqlite3.Connection) -> None:
    """Alarms are dated by when enough was known; what no look needs any more is forgotten."""
    rules = (AlertRule("decay", "decay", ">", 1.0, least=1),)
    rest = {"n": 500, "since": 0.0, "baseline": 0.1, "recent": 0.2, "loss": "surprise"}
    told = [{"after": minute * MINUTE, "evidence": value, **rest} for minute, value in ((1, 0.2), (3, 5.0))]
    store.set_states(db, "decay", {("late", "v1", ""): {"n": 500, "losses": {}, "told": told}})
    quality = replace(CLOCK, groups=frozenset({"quality"}))
    plan = plan_of(rules, Monitor(every=60, window=120))
    plan = replace(plan, services=tuple(replace(it, model="") for it in plan.services))
    fill(db, 0, 0)
    for minute in range(1, 6):
        look(Look(db, plan), quality, minute * MINUTE)
    [alert] = load(db).values()
    assert (alert.course.fired, alert.value) == (240.0, 5.0)
    [state] = store.states(db, "decay").values()
    assert [it["after"] for it in state["told"]] == [3 * MINUTE]


def test_what_is_of_all_routes_has_a_clock_of_its_own(db: sqlite3.Connection) -> None:
    """A route's clock does not look at lost records."""
    fill(db, 0, 0)
    look(Look(db, PLAN), CLOCK, MINUTE)
    assert load(db) == {}


def test_alerts_of_what_is_no_more_are_forgotten(db: sqlite3.Connection) -> None:
    """Rules, routes and versions; others stay."""
    fill(db, 0, 50)
    look(Look(db, PLAN), CLOCK, MINUTE)
    forget_gone(db, PLAN)
    assert len(load(db)) == 1
    [route] = PLAN.routes
    for plan in (
        replace(PLAN, alerts=()),
        replace(PLAN, routes=()),
        replace(PLAN, routes=(replace(route, weights=(("v2", 100_000),)),)),
    ):
        look(Look(db, PLAN), CLOCK, MINUTE)
        forget_gone(db, plan)
        assert load(db) == {}


def test_an_alarm_of_a_version_without_requests_is_over(db: sqlite3.Connection) -> None:
    """Rolled back, it has no data that could ever resolve it; one that is only quiet stays."""
    fill(db, 0, 50)
    look(Look(db, PLAN), CLOCK, MINUTE)
    look(Look(db, PLAN), CLOCK, 10 * MINUTE)
    forget_gone(db, PLAN)
    [quiet] = load(db).values()
    assert (quiet.state, quiet.course.is_blind) == ("firing", True)
    [route] = PLAN.routes
    back = replace(PLAN, routes=(replace(route, weights=(("v1", 0), ("v2", 100_000))),))
    forget_gone(db, back)
    [over] = load(db).values()
    assert (over.state, over.course.resolved) == ("resolved", 600.0)
    span = "from 1970-01-01T00:01:00Z until 1970-01-01T00:10:00Z"
    assert f"nothing to be seen any more; {span}" in sentence(over)
