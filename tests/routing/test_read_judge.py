"""The `judge` of a rollout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.judges import ErrorsJudge, Judge, LabelsJudge, LatencyJudge, Metric, OutputsJudge
from gateway.routing.read_judge import number, read_judge
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Scalar
from gateway.routing.yaml_tree import read


def judge_of(text: str) -> tuple[Judge, list[str]]:
    """Return the judge written in a text, and what was told about it."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    return read_judge(report, node), [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("text", "judge"),
    [
        ("{alpha: 0.0001}", Judge(alpha=0.0001)),
        ("{alpha: 0.5}", Judge(alpha=0.5)),
        ("{errors: {margin: 1.001}}", Judge(errors=ErrorsJudge(margin=1.001))),
        ("{errors: {margin: 100}}", Judge(errors=ErrorsJudge(margin=100.0))),
        ("{errors: {acceptable_rate: 0.5%}}", Judge(errors=ErrorsJudge(acceptable_rate=0.005))),
        ("{errors: {acceptable_rate: 0.1 %}}", Judge(errors=ErrorsJudge(acceptable_rate=0.001))),
        ("{errors: {acceptable_rate: 50%}}", Judge(errors=ErrorsJudge(acceptable_rate=0.5))),
        ("{errors: {acceptable_rate: 0}}", Judge(errors=ErrorsJudge(acceptable_rate=0.0))),
        ("{errors: {acceptable_rate: 0%}}", Judge(errors=ErrorsJudge(acceptable_rate=0.0))),
        ("{errors: off}", Judge(errors=None)),
        ("{latency: off}", Judge(latency=None)),
        ("{latency: {quantiles: [0.01, 0.999]}}", Judge(latency=LatencyJudge((0.01, 0.999)))),
        ("{latency: {ignore_below: 20ms}}", Judge(latency=LatencyJudge(ignore_below=0.02))),
        ("{outputs: off}", Judge(outputs=None)),
        ("{outputs: {on_change: ignore}}", Judge(outputs=OutputsJudge("ignore"))),
        ("{outputs: {output: score}}", Judge(outputs=OutputsJudge(output="score"))),
        ("{min_requests: 1, max_wait: 30d}", Judge(min_requests=1, max_wait=30 * 86_400.0)),
        ("{then: promote}", Judge(then="promote")),
        ("{labels: {margin: 1.5}}", Judge(labels=LabelsJudge())),
        ("{labels: off}", Judge()),
        (
            "{labels: {margin: 1.2, tolerance: 15, min_labels: 50, every: 1m}}",
            Judge(labels=LabelsJudge(1.2, 15.0, 50, 60.0)),
        ),
        (
            "{metrics: [{name: x, provider: http, url: http://h}]}",
            Judge(metrics=(Metric("x", "http", "http://h"),)),
        ),
    ],
)
def test_a_good_value_is_read(text: str, judge: Judge) -> None:
    """What is unsaid is as usual; a part that is not wanted is `off`."""
    assert judge_of(text) == (judge, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("strict", "`judge` must be a mapping"),
        ("{alpha: 0.00009}", "from 0.0001 to 0.5"),
        ("{alpha: 0.6}", "from 0.0001 to 0.5, not `0.6`"),
        ("{alpha: nan}", "from 0.0001 to 0.5"),
        ("{alpha: 5 %}", "write `0.05`"),
        ("{alpha: 5}", "write `0.05`"),
        ("{errors: true}", "`errors` must be a mapping"),
        ("{errors: none}", "write `off`"),
        ("{errors: {margin: 1.0}}", "above 1 and at most 100"),
        ("{errors: {acceptable_rate: 0.005}}", "write `0.005%`, or a fraction, then write `0.5%`?"),
        ("{errors: {acceptable_rate: 1}}", "say the percent sign, as in `1%`"),
        ("{errors: {acceptable_rate: 51%}}", "from `0%` to `50%`"),
        ("{errors: {acceptable_rate: -1%}}", "from `0%` to `50%`"),
        ("{errors: {acceptable_rate: few}}", "from `0%` to `50%`"),
        ("{latency: {quantiles: []}}", "`quantiles` must be a list"),
        ("{latency: {quantiles: [p99]}}", "write `0.99`"),
        ("{latency: {quantiles: [0.9999]}}", "from 0.01 to 0.999"),
        ("{latency: {quantiles: [0.5, 0.50]}}", "must grow, each once"),
        ("{latency: {ignore_below: 20}}", "`ignore_below` is `20`: say the unit, as in `20ms`"),
        ("{labels: {every: 20}}", "`every` is `20`: say the unit, as in `20s`"),
        ("{latency: {quantile: [0.5]}}", "did you mean `quantiles`?"),
        ("{outputs: {on_change: stop}}", "`hold` or `abort` or `ignore`"),
        ("{min_requests: 1.5}", "a whole number from 1"),
        ("{max_wait: 31d}", "at most 30d"),
        ("{then: fail}", "`pause` or `abort` or `promote`"),
        ("{metrics: {name: x}}", "`metrics` must be a list"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence that says what to write."""
    _, [message] = judge_of(text)
    assert says in message


@given(st.text(max_size=12), st.booleans())
def test_any_text_is_a_number_or_refused(text: str, above: bool) -> None:
    """What is read lies within the limits, and nothing is dropped silently."""
    report = Report()
    found = number(1, 100, above=above)(report, Scalar(text, 1, 1, 0, len(text), '"'), "margin")
    assert (found is None) == (len(report.problems) == 1)
    assert found is None or (1 <= found <= 100 and not (above and found == 1))
