"""Who is told what and how often."""

from __future__ import annotations

from dataclasses import replace

from gateway.watching.alert_states import Course, State
from gateway.watching.alerts import Alert
from gateway.watching.notices import GATHER, REPEAT, Notice, Silence, due, is_silenced

NOW = 1_780_000_000.0
NAMES = [f"x{number}" for number in range(12)]


def drifting(name: str, state: State = "firing", route: str = "late") -> Alert:
    """Return an alert of one input."""
    course = Course(state, since=NOW - 60, fired=NOW, resolved=NOW)
    return Alert("input-drift", route, "v1", name, "drift", ">", 0.25, "ticket", course, value=0.6, n=2_000)


def told_after(
    alerts: list[Alert], now: float, known: dict[tuple[str, str], Notice] | None = None
) -> list[str]:
    """Return the states of what is told."""
    return [event["state"] for _, _, event in due(alerts, known or {}, [], now) if event]


def test_twelve_inputs_that_drift_are_one_message() -> None:
    """It names the worst, and has all of them."""
    [(key, notice, event)] = due(map(drifting, NAMES), {}, [], NOW)
    assert key == ("input-drift", "late")
    assert event is not None
    assert event["event"] == "alert"
    assert event["fields"] == sorted(NAMES)
    assert len(event["alerts"]) == 12
    assert "12 are above 0.25" in event["why"]
    assert "and 9 more" in event["why"]
    assert notice == Notice(NOW, tuple(("v1", name) for name in NAMES))


def test_other_routes_are_other_messages() -> None:
    """One for each rule and route."""
    assert len(due([drifting("x"), drifting("x", route="early")], {}, [], NOW)) == 2


def test_it_is_told_again_every_four_hours_and_not_before() -> None:
    """As long as it fires and there is data to say so."""
    known = {("input-drift", "late"): Notice(NOW, (("v1", "x"),))}
    assert told_after([drifting("x")], NOW + REPEAT - 1, known) == []
    assert told_after([drifting("x")], NOW + REPEAT, known) == ["firing"]
    blind = drifting("x")
    blind = replace(blind, course=replace(blind.course, is_blind=True))
    assert told_after([blind], NOW + REPEAT, known) == []


def test_further_ones_are_gathered_before_they_are_told() -> None:
    """Another input that drifts a moment later waits for those that follow."""
    known = {("input-drift", "late"): Notice(NOW, (("v1", "x"),))}
    both = [drifting("x"), drifting("y")]
    assert told_after(both, NOW + GATHER - 1, known) == []
    assert told_after(both, NOW + GATHER, known) == ["firing"]


def test_its_end_is_told_once_all_have_ended() -> None:
    """And then nothing is remembered; the next alarm is told at once."""
    known = {("input-drift", "late"): Notice(NOW, (("v1", "x"), ("v1", "y")))}
    assert told_after([drifting("x", "resolved"), drifting("y")], NOW + 600, known) == []
    [(_, notice, event)] = due([drifting("x", "resolved"), drifting("y", "resolved")], known, [], NOW + 600)
    assert notice is None
    assert event is not None
    assert event["state"] == "resolved"
    assert "no longer above 0.25" in event["why"]


def test_an_alert_that_is_forgotten_leaves_nothing_behind() -> None:
    """As when its rule is deleted."""
    assert due([], {("input-drift", "late"): Notice(NOW, (("v1", "x"),))}, [], NOW) == [
        (("input-drift", "late"), None, None)
    ]


def test_a_silence_is_kept_to_its_rule_route_and_time() -> None:
    """Of one route or of all; while it holds nothing is told, once it is over what fires still is."""
    alert = drifting("x")
    for rule, route, is_quiet in (
        ("input-drift", "", True),
        ("input-drift", "early", False),
        ("errors", "", False),
    ):
        silence = Silence(1, rule, route, "cli:ada", "a holiday", NOW, NOW + 60)
        assert is_silenced(alert, [silence], NOW + 59) is is_quiet
        assert not is_silenced(alert, [silence], NOW + 60)
    silence = Silence(1, "input-drift", "late", "cli:ada", "a holiday", NOW, NOW + 60)
    assert due([alert], {}, [silence], NOW) == []
    assert len(due([alert], {}, [silence], NOW + 60)) == 1


def test_what_ends_in_silence_is_not_told() -> None:
    """Nobody who was spared the alarm is told that it is over."""
    known = {("input-drift", "late"): Notice(NOW, (("v1", "x"),))}
    silence = Silence(1, "input-drift", "", "cli:ada", "a holiday", NOW, NOW + 60)
    assert due([drifting("x", "resolved")], known, [silence], NOW) == [(("input-drift", "late"), None, None)]


def test_only_what_fires_is_told() -> None:
    """Pending ones may yet go away."""
    assert due([drifting("x", "pending"), drifting("y", "resolved")], {}, [], NOW) == []
