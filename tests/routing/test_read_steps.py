"""The `steps` of a rollout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.plan import UNITS, shortest_percent
from gateway.routing.read_steps import MAX_STEPS, read_steps
from gateway.routing.report import Report
from gateway.routing.rollouts import Step
from gateway.routing.yaml_tree import read

ALL = Step(UNITS)


def steps_of(text: str) -> tuple[tuple[Step, ...], list[str]]:
    """Return the steps written in a text, and what was told about them."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    return read_steps(report, node), [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("[{setWeight: 5}]", (Step(5_000), ALL)),
        ("[{setWeight: 5}, {setWeight: 100}]", (Step(5_000), ALL)),
        ("[{setWeight: 0.5}, {setWeight: 33.333}]", (Step(500), Step(33_333), ALL)),
        ("[{setWeight: 5%}, {setWeight: '7 %'}]", (Step(5_000), Step(7_000), ALL)),
        ("[{setWeight: 0.001}, {setWeight: 99.999}]", (Step(1), Step(99_999), ALL)),
        ("[{setWeight: 5}, {pause: {duration: 10m}}]", (Step(5_000, "time", 600.0), ALL)),
        ("[{setWeight: 5}, {pause: {duration: 30d}}]", (Step(5_000, "time", 30 * 86_400.0), ALL)),
        ("[{setWeight: 5}, {pause: {}}]", (Step(5_000, "person"), ALL)),
        (
            "[{setWeight: 5}, {pause: {duration: 10m}}, {pause: {duration: 20s}}]",
            (Step(5_000, "time", 620.0), ALL),
        ),
        ("[{setWeight: 5}, {pause: {duration: 10m}}, {pause: {}}]", (Step(5_000, "person"), ALL)),
        ("[{setWeight: 5}, {pause: {}}, {pause: {duration: 10m}}]", (Step(5_000, "person"), ALL)),
        ("- setWeight: 5\n- pause: {}\n- setWeight: 10\n", (Step(5_000, "person"), Step(10_000), ALL)),
    ],
)
def test_a_weight_and_its_pauses_are_one_step(text: str, steps: tuple[Step, ...]) -> None:
    """Pauses add up, one without end outweighs them, and the last step is always that to 100 %."""
    assert steps_of(text) == (steps, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("5", "`steps` must be a list"),
        ("[half]", "`steps` must be a mapping"),
        ("[5]", "write `setWeight: 5`"),
        ("[{}]", "`steps` must be a mapping"),
        ("[{setWeight: }]", "`setWeight` is empty"),
        ("[{setWeight: -5}]", "above 0 and at most 100"),
        ("[{setWeight: 100.001}]", "above 0 and at most 100"),
        ("[{setWeight: 1e1}]", "above 0 and at most 100"),
        ("[{setWeight: 5, pause: {}}]", "both a `setWeight` and a `pause`"),
        ("[{setWeight: 5}, {setWeight: 5}]", "more than the 5 % of the step before"),
        ("[{setWeight: 5}, {pause: [10m]}]", "`pause` is a list; write `pause: {duration: 10m}`"),
        ("[{setWeight: 5}, {pause: }]", "`pause` is empty; write"),
        ("[{setWeight: 5}, {pause: {duration: 0s}}]", "longer than nothing"),
        ("[{setWeight: 5}, {pause: {duration: 31d}}]", "at most 30d"),
        ("[{setWeight: 5}, {paus: {}}]", "did you mean `pause`?"),
        ("[{pause: {}}, {setWeight: 5}]", "before the first `setWeight`"),
        ("[{setWeight: 100}]", "needs a step below 100 %"),
        ("[{setWeight: 100}, {pause: {}}]", "nothing can follow the step to 100 %"),
        ("[{setWeight: 5}, {setWeight: 100}, {setWeight: 100}]", "nothing can follow the step to 100 %"),
        ("[{setWeight: many}, {pause: {}}]", "above 0 and at most 100"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence, and no second one for what follows from it."""
    _, [message] = steps_of(text)
    assert says in message


def test_there_is_a_limit() -> None:
    """The step to 100 % counts as well."""
    many = [f"{{setWeight: {number}}}" for number in range(1, MAX_STEPS + 1)]
    assert len(steps_of(f"[{', '.join(many[:-1])}]")[0]) == MAX_STEPS
    assert steps_of(f"[{', '.join(many)}]")[1] == ["there are 51 steps; at most 50 are possible"]


@st.composite
def plans(draw: st.DrawFn) -> tuple[str, tuple[Step, ...]]:
    """Some steps as a text, and as they are meant."""
    weights = sorted(
        draw(st.sets(st.integers(1, UNITS - 1), min_size=1, max_size=8)) | draw(st.sets(st.just(UNITS)))
    )
    lines, steps = [], []
    for weight in weights:
        lines.append(f"- setWeight: {shortest_percent(weight)}{draw(st.sampled_from(['', '%', ' %']))}\n")
        pauses = draw(st.lists(st.integers(0, 3600), max_size=3)) if weight < UNITS else []
        lines += [f"- pause: {{{f'duration: {pause}s' if pause else ''}}}\n" for pause in pauses]
        until = "person" if 0 in pauses else "time" if pauses else "verdict"
        steps.append(Step(weight, until, float(sum(pauses)) if until == "time" else 0.0))  # type: ignore[arg-type]
    if weights[-1] < UNITS:
        steps.append(ALL)
    return "".join(lines), tuple(steps)


@given(plans())
def test_any_steps_that_grow_are_read(plan: tuple[str, tuple[Step, ...]]) -> None:
    """Whatever stands between them."""
    text, steps = plan
    assert steps_of(text) == (steps, [])
