"""How a service may be used, as routing.yaml says it."""

from __future__ import annotations

import pytest

from gateway.routing.read_traffic import READY, TRAFFIC_KEYS, read_traffic
from gateway.routing.report import Report
from gateway.routing.settings import Breaker, HealthCheck, Outliers, Queue, Traffic
from gateway.routing.yaml_nodes import Mapping
from gateway.routing.yaml_tree import read


def traffic_of(text: str, *, supervised: bool = False) -> tuple[Traffic, list[str]]:
    """Return the traffic written in a text, and what was told about it."""
    node, problems = read(f"{{{text}}}")
    assert isinstance(node, Mapping)
    given = {key.value: value for key, value in node.pairs}
    assert set(given) <= set(TRAFFIC_KEYS)
    report = Report(problems)
    traffic = read_traffic(report, given, supervised=supervised)
    return traffic, [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("text", "traffic"),
    [
        ("", Traffic()),
        ("concurrency: 64", Traffic(concurrency=64)),
        ("queue: {size: 0}", Traffic(queue=Queue(size=0))),
        ("queue: {wait: 2s}", Traffic(queue=Queue(wait=2.0))),
        ("health: off", Traffic()),
        ("health: {path: /healthz}", Traffic(health=HealthCheck("/healthz"))),
        (
            "health: {path: /h/?a=b, interval: 5s, timeout: 2s, healthy: 1, unhealthy: 9}",
            Traffic(health=HealthCheck("/h/?a=b", 5.0, 2.0, 1, 9)),
        ),
        ("outliers: off", Traffic(outliers=Outliers(failures=0))),
        (
            "outliers: {failures: 9, ejection: 1s, longest: 1s, most: 10}",
            Traffic(outliers=Outliers(9, 1.0, 1.0, 10.0)),
        ),
        ("panic: 0", Traffic(panic=0.0)),
        ("slow_start: 0s", Traffic(slow_start=0.0)),
        ("breaker: off", Traffic()),
        ("breaker: {errors: 25}", Traffic(breaker=Breaker(errors=25.0))),
        (
            "breaker: {requests: 5, within: 1m, open: 1s}",
            Traffic(breaker=Breaker(50.0, 5, 60.0, 1.0)),
        ),
    ],
)
def test_traffic_is_read(text: str, traffic: Traffic) -> None:
    """What is not written is as usual."""
    assert traffic_of(text) == (traffic, [])


@pytest.mark.parametrize(
    ("text", "health"),
    [
        ("", HealthCheck(READY)),
        ("health: off", None),
        ("health: {interval: 5s}", HealthCheck(READY, interval=5.0)),
        ("health: {path: /x}", HealthCheck("/x")),
    ],
)
def test_a_model_is_asked_whether_it_is_ready(text: str, health: HealthCheck | None) -> None:
    """A service that the gateway runs itself has a check unless it is switched off."""
    assert traffic_of(text, supervised=True) == (Traffic(health=health), [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("concurrency: 0", "from 1 to 1000000"),
        ("queue: off", "write `{size: 0}`"),
        ("queue: 256", "`queue` must be a mapping"),
        ("queue: {size: 100001}", "from 0 to 100000"),
        ("queue: {wait: 0s}", "longer than nothing"),
        ("health: {interval: 1s}", "`health` has no `path`"),
        ("health: {pth: /x}", "did you mean `path`?"),
        ("health: {path: 'a b'}", "must begin with a slash"),
        ("health: {path: '/a#b'}", "without spaces and `#`"),
        ("health: {path: /ä}", "printable ASCII"),
        ("health: on", "or `off`"),
        ("outliers: {failures: 1001}", "from 1 to 1000"),
        ("outliers: {ejection: 6m}", "`longest` (300s by default)"),
        ("outliers: {longest: 5s}", "`ejection` (10s by default)"),
        ("outliers: {ejection: 0s, longest: 1s}", "longer than nothing"),
        ("panic: 50%", "write `50`"),
        ("slow_start: off", "write `0s`"),
        ("slow_start: soon", "write it as"),
        ("panic: false", "write `0`"),
        ("health: False", "write `off`"),
        ("outliers: none", "write `off`"),
        ("breaker: null", "write `off`"),
        ("breaker: on", "or `off`"),
        ("breaker: {errors: 0}", "from 1 to 100"),
        ("breaker: {errors: 0.5}", "as in `50`"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence for each mistake."""
    _, [message] = traffic_of(text)
    assert says in message
