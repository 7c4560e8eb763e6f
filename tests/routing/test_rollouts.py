"""What routing.yaml may say about rollouts: every setting is a key that the documentation tells."""

from __future__ import annotations

import re
from dataclasses import MISSING, Field, fields
from typing import get_args, get_type_hints

import pytest

from gateway.routing.events import EVENTS
from gateway.routing.fields import shown_duration
from gateway.routing.judges import ErrorsJudge, Judge, LabelsJudge, LatencyJudge, Metric, OutputsJudge
from gateway.routing.parse import parse
from gateway.routing.read_judge import JUDGE_KEYS
from gateway.routing.read_metrics import TAKEN
from gateway.routing.read_rollout import MOMENTS, ROLLOUT_KEYS
from gateway.routing.rollouts import Hook, Notify, Progress, Rollout, State, Step
from tests.routing.test_settings import DOCUMENT, rows

TABLES: dict[type, str] = {
    Rollout: "| key of `rollout`",
    Judge: "| key of `judge`",
    ErrorsJudge: "| key of `errors`",
    LatencyJudge: "| key of `latency`",
    OutputsJudge: "| key of `outputs`",
    LabelsJudge: "| key of `labels`",
    Metric: "| key of a metric",
    Hook: "| key of a hook",
}
CALLED = {"passes": "pass", "fails": "fail"}
"""What the file calls it, where that is a word of Python."""


def name_of(field: Field[object]) -> str:
    """Return the key of a field."""
    return CALLED.get(field.name, field.name)


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_every_setting_is_documented(kind: type) -> None:
    """Each field has its row, and no row is without a field."""
    assert set(rows(TABLES[kind])) == {name_of(field) for field in fields(kind)}


def written(name: str, value: object) -> str:
    """Return a default as the documentation writes it."""
    if name == "acceptable_rate" and isinstance(value, float):
        return f"{value * 100:g}%"
    if name in ("alpha", "margin", "tolerance"):
        return f"{value:g}"
    if isinstance(value, float):
        return shown_duration(value)
    if isinstance(value, tuple) and value:
        return ", ".join(f"{item:g}" for item in value)
    return {"": "the first", (): "none", None: "off"}.get(value, str(value))  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(
    ("kind", "left_out"),
    [
        (Rollout, {"freeze", "hooks"}),
        (Judge, set()),
        (ErrorsJudge, set()),
        (LatencyJudge, set()),
        (OutputsJudge, set()),
        (LabelsJudge, set()),
        (Metric, {"query", "passes", "fails"}),
        (Hook, {"at"}),
    ],
)
def test_the_defaults_in_the_documentation_are_those_in_force(kind: type, left_out: set[str]) -> None:
    """A default that is changed must be changed for people too."""
    for field in fields(kind):
        if field.default is not MISSING and field.name not in left_out and field.name != "steps":
            assert written(field.name, field.default) == rows(TABLES[kind])[name_of(field)][-1]


def test_the_default_steps_are_documented() -> None:
    """They stand in words."""
    weights = ", ".join(f"{step.weight / 1000:g}" for step in Rollout().steps)
    assert f"{weights} %, each until its verdict is in" in rows(TABLES[Rollout])["steps"][-1]
    assert {step.until for step in Rollout().steps} == {"verdict"}


def test_everything_that_can_be_said_can_be_read() -> None:
    """The keys of the readers are the fields of what they return."""
    assert set(ROLLOUT_KEYS) == {field.name for field in fields(Rollout)}
    assert set(JUDGE_KEYS) == {field.name for field in fields(Judge)}
    assert Hook("x").at == MOMENTS


def test_the_example_in_the_documentation_is_a_file() -> None:
    """Everything that it shows can be written, and what it says of rollouts are mostly the defaults."""
    example = re.search(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert example is not None
    plan = parse(example[1], model_exists=lambda _: None)
    [late] = plan.routes
    assert (plan.preview, late.preview, len(plan.notify)) == ("127.0.0.1:8082", "x-preview", 1)
    assert (late.rollout.judge, late.rollout.keep_warm) == (Judge(), Rollout().keep_warm)
    assert late.rollout.hooks == (Hook("https://ci.example/gate"),)


def test_who_is_told_and_of_what_is_documented() -> None:
    """Each kind of receiver and each event is there by name."""
    kinds = set(get_args(get_type_hints(Notify)["kind"]))
    found = rows("### notify\n")
    assert set(found) >= kinds | {"secret", "on", "timeout"}
    assert all(f"`{event}`" in found["on"][1] for event in EVENTS)
    assert all(f"`{name}`" in rows(TABLES[Metric])["name"][1] for name in TAKEN)
    assert f"{Notify('file', 'x').timeout:g}s" == found["timeout"][-1]
    assert "preview: {header: x-preview}" in DOCUMENT


@pytest.mark.parametrize("state", get_args(State))
def test_a_rollout_is_active_while_its_canary_is_judged(state: State) -> None:
    """A paused one still has requests; one that ended has not."""
    progress = Progress(1, "canary", "blue", state, 0, (Step(1_000),), "")
    assert progress.is_active == (state in ("progressing", "paused"))
