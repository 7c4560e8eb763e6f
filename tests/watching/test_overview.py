"""What people are shown of alerts and values."""

from __future__ import annotations

from dataclasses import replace

from gateway.routing.watches import AlertRule, Monitor
from gateway.watching import overview
from gateway.watching.quiet import ask
from tests.watching.watched import START, Watched, plan_of, prediction


def busy(it: Watched) -> None:
    """Have a route watched one of whose inputs is missing."""
    rules = (AlertRule("missing", "missing", ">", 0.05), AlertRule("soon", "missing", ">", 0.05, hold=3_600))
    it.follow(plan_of(rules, Monitor(every=60, window=60)))
    it.write([prediction(n, START + n / 4, None, 0.3 + n % 2 / 3) for n in range(480)])
    watcher = it.watcher()
    for second in (70, 130):
        it.clock += 60
        watcher.tick(START + second)


def test_before_anything_was_looked_at_there_is_nothing(it: Watched) -> None:
    """And that is no error."""
    assert overview.alerts(it.places, START) == {"alerts": [], "silences": []}
    assert overview.monitor(it.places, it.plan, "late")["at"] is None
    it.watcher().tick(START)
    assert overview.monitor(it.places, it.plan, "late")["values"] == []


def test_alerts_come_with_who_silenced_them(it: Watched) -> None:
    """Firing ones first; resolved ones only on demand."""
    busy(it)
    silence = ask(it.places, it.plan, "missing", "late", "cli:ada", "known", 600.0)
    found = overview.alerts(it.places, silence.since + 1)
    states = [(it["state"], it["rule"], it["silenced"]) for it in found["alerts"]]
    assert states == [("firing", "missing", True), ("pending", "soon", False)]
    assert found["silences"][0]["author"] == "cli:ada"
    assert overview.alerts(it.places, silence.until + 1)["silences"] == []


def test_values_are_listed_by_group_with_their_reference(it: Watched) -> None:
    """And with the window before, the query, and whether they raised an alarm."""
    busy(it)
    found = overview.monitor(it.places, it.plan, "late")
    assert found["at"] == "2026-05-28T20:29:00Z"
    assert found["window_seconds"] == 60.0
    groups = [value["group"] for value in found["values"]]
    assert groups == sorted(groups, key=["software", "inputs", "outputs", "quality"].index)
    missing = next(it for it in found["values"] if (it["signal"], it["field"]) == ("missing", "distance"))
    assert (missing["value"], missing["reference"], missing["reference_of"]) == (1.0, 0.0, "training")
    assert (missing["before"], missing["state"], missing["since"]) == (1.0, "firing", "2026-05-28T20:28:00Z")
    assert missing["query"].startswith("WITH told")


def test_a_route_with_its_own_time_is_shown_by_that(it: Watched) -> None:
    """Not by the time at which its predictions of another year were answered."""
    it.follow(plan_of((), Monitor(every=60, window=60, time="parameters.when")))
    day = {"parameters": {"when": "2013-07-09T12:00:30Z"}}
    later = {"parameters": {"when": "2013-07-09T12:01:30Z"}}
    it.write([prediction(n, START + n / 4, 100, 0.3, **(day if n < 100 else later)) for n in range(200)])
    it.clock += 120
    it.watcher().tick(START + 130)
    found = overview.monitor(it.places, it.plan, "late")
    assert found["at"] == "2013-07-09T12:01:00Z"
    assert {value["group"] for value in found["values"]} >= {"software", "inputs"}


def test_one_version_alone(it: Watched) -> None:
    """With what is of the route as a whole."""
    busy(it)
    versions = {value["version"] for value in overview.monitor(it.places, it.plan, "late", "v2")["values"]}
    assert versions == {""}


def test_only_watched_groups_are_shown(it: Watched) -> None:
    """As the route's `monitor` says."""
    busy(it)
    [route] = it.plan.routes
    quiet = replace(route, monitor=replace(route.monitor, groups=("outputs",)))
    found = overview.monitor(it.places, replace(it.plan, routes=(quiet,)), "late")
    assert {value["group"] for value in found["values"] if value["version"]} == {"outputs"}
