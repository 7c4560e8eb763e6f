"""The `monitor` of a route."""

from __future__ import annotations

from dataclasses import fields

import pytest

from gateway.errors import ConfigError
from gateway.routing.parse import parse
from gateway.routing.read_monitor import MONITOR_KEYS
from gateway.routing.watches import GROUPS, Monitor


def monitor_of(text: str, log: str = "true") -> Monitor:
    """Return how a route with these settings is watched."""
    route = f"{{name: late, path: /, weights: {{blue: 1}}, log: {log}, monitor: {text}}}"
    plan = parse(f"services: {{blue: {{model: m}}}}\nroutes: [{route}]\n", model_exists=lambda _: None)
    return plan.routes[0].monitor


@pytest.mark.parametrize(
    ("text", "monitor"),
    [
        ("true", Monitor()),
        ("false", Monitor(groups=())),
        ("{every: 5m}", Monitor(every=300.0)),
        ("{every: 1d, window: 4w}", Monitor(every=86_400.0, window=28 * 86_400.0)),
        ("{every: 90d, window: 90d}", Monitor(every=90 * 86_400.0, window=90 * 86_400.0)),
        ("{window: 90d, time: departure}", Monitor(window=90 * 86_400.0, time="departure")),
        ("{time: parameters.event_time}", Monitor(time="parameters.event_time")),
        ("{groups: [quality, software, quality]}", Monitor(groups=("software", "quality"))),
    ],
)
def test_a_good_monitor_is_read(text: str, monitor: Monitor) -> None:
    """Groups come in their own order, each once."""
    assert monitor_of(text) == monitor


def test_every_route_is_watched_without_a_word() -> None:
    """By everything, once a minute."""
    plan = parse("services: {blue: {model: m}}\nweights: {blue: 1}\n", model_exists=lambda _: None)
    assert plan.routes[0].monitor == Monitor(60.0, 3600.0, "", GROUPS)


@pytest.mark.parametrize(
    ("text", "log", "says"),
    [
        ("off", "true", "`monitor` must be a mapping such as `{every: 1m, window: 1h}` or `false`"),
        ("{evry: 1m}", "true", "did you mean `every`?"),
        ("{every: 1}", "true", "as in `1s`"),
        ("{every: 500ms}", "true", "at least 1s"),
        ("{every: 2h}", "true", "`window` (1h by default) must not be shorter than `every` (2h)"),
        ("{every: 2d, window: 1d}", "true", "`window` (1d) must not be shorter than `every` (2d)"),
        ("{every: 91d, window: 90d}", "true", "at most 90d"),
        ("{window: 10s}", "true", "`window` (10s) must not be shorter than `every` (1m by default)"),
        ("{window: 91d}", "true", "at most 90d"),
        ("{groups: [input]}", "true", "did you mean `inputs`?"),
        ("{groups: []}", "true", "`groups` must be a list"),
        ("{time: parameters.}", "true", "names no parameter"),
        ("{every: 1m}", "false", "this route has `log: false`"),
        ("{time: at}", "{filter: strict}", "`time` of `monitor` is `at`, which `filter: strict` leaves out"),
        ("{time: parameters.at}", "{filter: {pseudonymise: [at]}}", "which the filter makes unreadable"),
    ],
)
def test_a_mistake_is_told_once(text: str, log: str, says: str) -> None:
    """One sentence each."""
    with pytest.raises(ConfigError) as caught:
        monitor_of(text, log)
    [problem] = caught.value.problems
    assert says in problem.message


def test_a_time_that_is_kept_is_fine() -> None:
    """Under `strict` it must be named, whether it is an input or a parameter."""
    strict = "{filter: {mode: strict, keep: [at]}}"
    assert monitor_of("{time: at}", strict).time == "at"
    assert monitor_of("{time: parameters.at}", strict).time == "parameters.at"
    assert monitor_of("false", "false").groups == ()


def test_all_keys_of_a_monitor_can_be_written() -> None:
    """Each field of the data is a key of the file."""
    assert set(MONITOR_KEYS) == {field.name for field in fields(Monitor)}
