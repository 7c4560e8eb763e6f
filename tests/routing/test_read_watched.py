"""Sinks, alerts, tracing and logging of the top level, beside the routes that they name."""

from __future__ import annotations

import pytest

from gateway.errors import ConfigError
from gateway.requestlog.policy import Logging, Sink, Tracing
from gateway.routing.parse import parse
from gateway.routing.plan import RoutingPlan
from gateway.routing.watches import DEFAULT_ALERTS

SERVICES = "services: {blue: {model: m}}\n"
ONE = SERVICES + "weights: {blue: 1}\n"
MANY = SERVICES + "routes: [{name: late, path: /, weights: {blue: 1}}]\n"


def plan_of(text: str) -> RoutingPlan:
    """Return the plan of a text."""
    return parse(text, model_exists=lambda _: None)


def told(text: str) -> list[str]:
    """Return the sentences of what is wrong."""
    with pytest.raises(ConfigError) as caught:
        plan_of(text)
    return [problem.message for problem in caught.value.problems]


def test_nothing_said_is_as_usual() -> None:
    """No sinks, the usual alerts, no traces, lines for people."""
    plan = plan_of(ONE)
    assert (plan.sinks, plan.alerts, plan.tracing, plan.logging) == ((), DEFAULT_ALERTS, Tracing(), Logging())


def test_all_four_are_read() -> None:
    """Beside each other, in any order."""
    plan = plan_of(
        "logging: {level: debug}\ntracing: {otlp: http://h}\n"
        "sinks: [{name: a, directory: b, routes: [late]}]\n"
        "alerts: [{name: errors, off: true}]\n" + MANY
    )
    assert plan.logging == Logging(level="debug")
    assert plan.tracing == Tracing("http://h")
    assert plan.sinks == (Sink("a", "directory", "b", routes=("late",)),)
    assert plan.alerts == DEFAULT_ALERTS[1:]


def test_the_only_route_is_called_default() -> None:
    """That is how it is named in a file without `routes`."""
    sinks = "sinks: [{{name: a, directory: b, routes: [{0}]}}]\n"
    assert plan_of(ONE + sinks.format("default")).sinks[0].routes == ("default",)
    [message] = told(ONE + sinks.format("late"))
    assert "`late` is not a known route" in message


def test_one_mistake_in_a_route_is_one_mistake() -> None:
    """A route with a mistake is still a route that a sink may name; one that cannot be read is any."""
    sinks = "sinks: [{name: a, directory: b, routes: [late]}]\n"
    assert len(told(MANY.replace("path: /", "path: x") + sinks)) == 1
    assert len(told(SERVICES + "routes: {late: {}}\n" + sinks)) == 1


def test_the_keys_are_told_where_they_belong() -> None:
    """A key in the wrong place is sent to the right one."""
    [message] = told(SERVICES + "routes: [{name: a, path: /, weights: {blue: 1}, tracing: {sample: 1%}}]\n")
    assert "it is a key of the file's top level; move it there" in message
    [message] = told(ONE + "filter: strict\n")
    assert "it is a key of `log`; move it there" in message
