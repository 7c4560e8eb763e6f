"""The judges elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.judges import Metric
from gateway.routing.read_metrics import MAX_METRICS, read_metrics
from gateway.routing.report import Report
from gateway.routing.yaml_tree import read

PROMETHEUS = "name: x, provider: prometheus, url: http://p:9090, query: up"
HTTP = "name: x, provider: http, url: http://h"


def metrics_of(text: str) -> tuple[tuple[Metric, ...], list[str]]:
    """Return the metrics written in a text, and what was told about them."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    return read_metrics(report, node, "metrics"), [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        (f"[{{{HTTP}}}]", Metric("x", "http", "http://h")),
        (
            f"[{{{HTTP}, every: 1m, timeout: 250ms}}]",
            Metric("x", "http", "http://h", every=60.0, timeout=0.25),
        ),
        (
            f'[{{{PROMETHEUS}, pass: "< 0.01", fail: ">0.05"}}]',
            Metric("x", "prometheus", "http://p:9090", "up", "< 0.01", "> 0.05"),
        ),
        (
            f'[{{{PROMETHEUS}, fail: "<= -1"}}]',
            Metric("x", "prometheus", "http://p:9090", "up", "", "<= -1"),
        ),
        (
            "[{name: x, provider: prometheus, url: 'http://p', pass: '>= 1', query: 'a{v=\"{{canary}}\"}'}]",
            Metric("x", "prometheus", "http://p", 'a{v="{{canary}}"}', ">= 1"),
        ),
    ],
)
def test_a_good_metric_is_read(text: str, metric: Metric) -> None:
    """Comparisons get one space; the query is kept as written."""
    assert metrics_of(text) == ((metric,), [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[{provider: http, url: http://h}]", "this metric has no `name`"),
        ("[{name: a b, provider: http, url: http://h}]", "cannot be a name"),
        ("[{name: x, provider: http}]", "this metric has no `url`"),
        ("[{name: x, url: http://h}]", "this metric has no `provider`"),
        ("[{name: x, provider: graphite, url: http://h}]", "`prometheus` or `http`"),
        (f"[{{{HTTP}, pass: '< 1'}}]", "`pass` is for `provider: prometheus`"),
        (f"[{{{HTTP}, evry: 1m}}]", "did you mean `every`?"),
        (f"[{{{PROMETHEUS}}}]", "neither `pass` nor `fail`"),
        (f"[{{{PROMETHEUS}, pass: '= 1'}}]", "write one of < <= > >= and a number"),
        (f"[{{{PROMETHEUS}, pass: '< 1e3'}}]", "write one of < <= > >= and a number"),
        (f"[{{{PROMETHEUS}, pass: '< nan'}}]", "write one of < <= > >= and a number"),
        (f"[{{{PROMETHEUS}, pass: '< 5', fail: '< 9'}}]", "can both be true of one number"),
        (f"[{{{PROMETHEUS}, pass: '<= 5', fail: '>= 5'}}]", "can both be true of one number"),
        ("[{name: x, provider: prometheus, url: http://p, pass: '< 1'}]", "this metric has no `query`"),
        (
            "[{name: x, provider: prometheus, url: http://p, query: 'v{{arm}}', pass: '< 1'}]",
            "`{{arm}}` in `query` stands for nothing",
        ),
        (f"[{{{HTTP}}}, {{{HTTP}}}]", "the name `x` is taken"),
        ("[{name: traffic, provider: http, url: http://h}]", "the name `traffic` is taken"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence each."""
    _, [message] = metrics_of(text)
    assert says in message


def test_there_is_a_limit() -> None:
    """Each is asked again and again, so they cannot be many."""
    _, told = metrics_of(f"[{', '.join([f'{{{HTTP}}}'] * (MAX_METRICS + 1))}]")
    assert told == ["there are 11 metrics; at most 10 are possible"]


SIGNS = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


@given(st.sampled_from(sorted(SIGNS)), st.integers(-3, 3), st.sampled_from(sorted(SIGNS)), st.integers(-3, 3))
def test_no_number_both_passes_and_fails(sign: str, bound: int, other: str, other_bound: int) -> None:
    """Two conditions are taken exactly if no number fits both."""
    _, told = metrics_of(f"[{{{PROMETHEUS}, pass: '{sign} {bound}', fail: '{other} {other_bound}'}}]")
    numbers = [half / 2 for half in range(-10, 11)]
    both = any(SIGNS[sign](n, bound) and SIGNS[other](n, other_bound) for n in numbers)
    assert bool(told) == both
