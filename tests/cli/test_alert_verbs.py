"""`gateway alerts` and `gateway monitor` as people type them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.cli.alert_verbs import parsed_duration
from gateway.cli.common import WrongUsage
from gateway.routing.watches import AlertRule
from gateway.watching import evaluate, store
from gateway.watching.alert_states import Course
from gateway.watching.alerts import new
from gateway.watching.signals import Signal
from gateway.watching.store import Place
from gateway.watching.summary import Answers
from tests.cli.site import Site

MINUTE = 60_000_000
NOW = 1_780_000_020


def fire(site: Site) -> None:
    """Have an alarm in the database, with the minute that raised it."""
    rule = AlertRule("errors", "errors", ">", 0.05, severity="page")
    made = new(rule, "late", Signal("errors", "blue", "", 0.5, 100))
    course = Course("firing", "holds", NOW, NOW, NOW)
    alert = replace(made, course=course, value=0.5, n=100, query='SELECT "x", $1')
    with store.opened(site.places.watch) as connection:
        place = Place("answers", "late", "blue", "", NOW * 1_000_000 - MINUTE, MINUTE)
        store.add(connection, {place: Answers(100, {"server_error": 50, "ok": 50})})
        store.set_marks(connection, {"read": NOW * 1_000_000 + 1, "looked:late": NOW * 1_000_000})
        evaluate.keep(connection, {alert.key: alert}, NOW)


def test_alarms_are_listed_with_their_query(site: Site) -> None:
    """Quoted for a shell."""
    assert site.run("alerts").out == "no alarm; resolved ones: gateway alerts --all\n"
    fire(site)
    said = site.run("alerts")
    assert said.out.splitlines() == [
        "FIRING page errors on route late",
        "  errors, blue: 50 %, above 5 %, since 2026-05-28T20:27:00Z",
        '  gateway query "SELECT \\"x\\", \\$1"',
    ]
    [alert] = site.run("alerts", "--json").json()["alerts"]
    assert alert["state"] == "firing"


def test_it_works_while_the_gateway_is_down(stopped: Site) -> None:
    """And says that it is as of the last look."""
    fire(stopped)
    assert stopped.run("alerts").out.startswith("the gateway is not running: this is as it was")
    assert "the gateway is not running" in stopped.run("monitor", "late").out


def test_a_silence_is_asked_for_and_lifted(site: Site) -> None:
    """With a reason, by whoever types it."""
    fire(site)
    said = site.run("alerts", "silence", "errors", "--route", "late", "--for", "1h30m", "--reason", "known")
    assert said.code == 0
    assert said.out.startswith("nobody is told of errors on route late until 20")
    listed = site.run("alerts").out
    assert "FIRING (silenced) page errors" in listed
    assert "silenced: errors on route late until" in listed
    assert ": known" in listed
    assert site.run("alerts", "unsilence", "errors").out == "people are told of errors again\n"
    assert "(silenced)" not in site.run("alerts").out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("alerts", "silence", "error", "--reason", "r"), 1, "did you mean errors?"),
        (("alerts", "silence", "errors"), 2, "--reason"),
        (
            ("alerts", "silence", "errors", "--reason", "r", "--for", "soon"),
            2,
            "write a duration such as 30m",
        ),
        (("alerts", "unsilence", "errors"), 1, "is not silenced"),
        (("monitor",), 2, "there are several routes, name one: late, protocol, sure"),
        (("monitor", "nowhere"), 1, "there is no route nowhere"),
    ],
)
def test_what_makes_no_sense_is_refused(site: Site, arguments: tuple[str, ...], code: int, told: str) -> None:
    """With what to type instead."""
    said = site.run(*arguments)
    assert said.code == code
    assert told in said.err


def test_values_are_shown_as_a_table_or_as_json(site: Site) -> None:
    """The latest of a route, or of one version."""
    assert "nothing was looked at yet" in site.run("monitor", "late").out
    fire(site)
    table = site.run("monitor", "late").out
    assert "route late, the 1 h up to 2026-05-28T20:27:00Z" in table
    line = next(line for line in table.splitlines() if " errors " in line and " blue " in line)
    assert line.split()[-3:] == ["firing", "since", "2026-05-28T20:27:00Z"]
    found = site.run("monitor", "late", "--version", "green", "--json").json()
    assert {value["version"] for value in found["values"]} == {""}


@pytest.mark.parametrize(
    ("text", "seconds"), [("30m", 1800), ("1h30m", 5400), ("2d", 172_800), ("1.5h", 5400)]
)
def test_durations_are_those_of_routing_yaml(text: str, seconds: float) -> None:
    """A number and a unit, several of them."""
    assert parsed_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "h", "1.2.3h", "-1h", "1w", ".h", "0m"])
def test_what_is_no_duration_is_wrong_usage(text: str) -> None:
    """And is told with an example."""
    with pytest.raises(WrongUsage, match="write a duration"):
        parsed_duration(text)
