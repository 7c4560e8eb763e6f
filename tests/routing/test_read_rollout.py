"""The `rollout` of a route."""

from __future__ import annotations

import pytest

from gateway.routing.judges import ErrorsJudge, Judge, LatencyJudge, OutputsJudge
from gateway.routing.read_rollout import MAX_HOOKS, read_rollout
from gateway.routing.report import Report
from gateway.routing.rollouts import Freeze, Hook, Rollout, Step
from gateway.routing.yaml_tree import read

SAMPLE = """steps:
  - setWeight: 1
  - pause: {duration: 10m}
  - setWeight: 5            # a step holds until its verdict is in, or for its pause
  - setWeight: 25
  - pause: {}               # until a person says promote
  - setWeight: 100
judge:
  alpha: 0.01
  errors: {margin: 1.6, acceptable_rate: 0.4%}
  latency: {quantiles: [0.5, 0.95], margin: 1.7}
  outputs: {on_change: hold}
  min_requests: 400
  max_wait: 5h
  then: abort
freeze: ["Fri 16:00 - Mon 08:00 Europe/Oslo"]
keep_warm: 2h
hooks: [{url: https://ci.example/gate, at: [before_step, before_promote], timeout: 9s}]
"""


def rollout_of(text: str) -> tuple[Rollout, list[str]]:
    """Return the rollout written in a text, and what was told about it."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    return read_rollout(report, node), [problem.message for problem in report.problems]


def test_everything_is_read() -> None:
    """A file as people write it says what the plan holds."""
    steps = (Step(1_000, "time", 600.0), Step(5_000), Step(25_000, "person"), Step(100_000))
    judge = Judge(
        0.01,
        ErrorsJudge(1.6, 0.004),
        LatencyJudge((0.5, 0.95), 1.7),
        OutputsJudge(),
        min_requests=400,
        max_wait=18_000.0,
        then="abort",
    )
    freeze = Freeze("Fri 16:00 - Mon 08:00 Europe/Oslo", 6720, 480, "Europe/Oslo")
    hook = Hook("https://ci.example/gate", ("before_step", "before_promote"), 9.0)
    assert rollout_of(SAMPLE) == (Rollout(steps, judge, (freeze,), 7200.0, (hook,)), [])


@pytest.mark.parametrize(
    ("text", "rollout"),
    [
        ("{keep_warm: 0s}", Rollout(keep_warm=0.0)),
        ("{keep_warm: 30d}", Rollout(keep_warm=30 * 86_400.0)),
        ("{judge: {alpha: 0.01}}", Rollout(judge=Judge(alpha=0.01))),
        ("{hooks: [{url: http://10.0.0.1/x?y=z}]}", Rollout(hooks=(Hook("http://10.0.0.1/x?y=z"),))),
        (
            "{hooks: [{url: http://h, at: [before_promote, before_promote]}]}",
            Rollout(hooks=(Hook("http://h", ("before_promote",)),)),
        ),
    ],
)
def test_what_is_unsaid_is_as_usual(text: str, rollout: Rollout) -> None:
    """Each key alone leaves all others at their defaults."""
    assert rollout_of(text) == (rollout, [])


@pytest.mark.parametrize(
    "text",
    [
        "{steps: [{setWeight: 5}, {pause: {}}], judge: {errors: off, latency: off, outputs: off}}",
        "{steps: [{setWeight: 5}], judge: {errors: off, latency: off}}",
        "{steps: [{setWeight: 5}], judge: {errors: off, outputs: off}}",
        "{steps: [{setWeight: 5}], judge: {errors: off, latency: off, outputs: off,"
        " metrics: [{name: x, provider: http, url: http://h}]}}",
    ],
)
def test_whoever_waits_for_a_verdict_gets_one(text: str) -> None:
    """Nobody need judge where a person or the time decides, and one judge is enough."""
    assert rollout_of(text)[1] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("off", "`rollout` must be a mapping"),
        ("{keep_warm: never}", "write `0s`"),
        ("{keepwarm: 1h}", "did you mean `keep_warm`?"),
        ("{judge: {errors: off, latency: off, outputs: off}}", "so the step to 5 % would wait"),
        ("{judge: {errors: off, latency: off, outputs: {on_change: ignore}}}", "nobody judges"),
        (
            "{steps: [{setWeight: 5}, {pause: {}}, {setWeight: 9}],"
            " judge: {errors: off, latency: off, outputs: off}}",
            "so the step to 9 % would wait",
        ),
        ("{judge: {errors: off, latency: off, outputs: off, alpha: 7}}", "`alpha` must be"),
        ("{hooks: []}", "`hooks` must be a list"),
        ("{hooks: [{timeout: 1s}]}", "this hook has no `url`"),
        ("{hooks: [{url: http://h, at: []}]}", "`at` must be a list"),
        ("{hooks: [{url: http://h, at: [whenever]}]}", "not a known word of `at`"),
        ("{hooks: [{url: http://h, timeout: 10}]}", "as in `10ms` or `10s`"),
        ("{hooks: [{uri: http://h}]}", "did you mean `url`?"),
        (f"{{hooks: [{', '.join(['{url: http://h}'] * (MAX_HOOKS + 1))}]}}", "at most 10 are possible"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence each."""
    _, [message] = rollout_of(text)
    assert says in message
