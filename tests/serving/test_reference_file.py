"""Reading the reference histograms of model.yaml."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from gateway.serving.model_spec import ModelSpec
from gateway.serving.problems import Problems
from gateway.serving.reference import Reference, References
from gateway.serving.reference_file import read_references

GOOD = """\
inputs:
  hour: {n: 10, days: 3, clumping: 0.25, missing: 0.1, edges: [6, 12.5], counts: [2, 3, 4]}
  kind: {n: 10, counts: [7, 0, 3]}
outputs:
  chance: {n: 5, edges: [], counts: [5]}
  sure: {n: 5, counts: [4, 1]}
"""


def read(text: str, spec: ModelSpec) -> tuple[References, list[str]]:
    """Read a text as model.yaml is read: every scalar is a text."""
    problems = Problems()
    found = read_references(yaml.load(text, Loader=yaml.BaseLoader), spec.inputs, spec.outputs, problems)
    return found, problems.kept


def test_good_histograms_are_read(spec: ModelSpec) -> None:
    """Numbers have edges, texts the categories of their input, booleans false and true."""
    found, problems = read(GOOD, spec)
    assert not problems
    assert found.inputs["hour"] == Reference((2, 3, 4), 10, 0.1, (6.0, 12.5), days=3, clumping=0.25)
    assert found.inputs["kind"] == Reference((7, 0, 3), 10, categories=("car", "bus", "NO"))
    assert found.outputs["chance"] == Reference((5,), 5)
    assert found.outputs["sure"].categories == ("false", "true")


def test_a_model_need_not_have_any(spec: ModelSpec) -> None:
    """Without `reference:` there is nothing to complain of."""
    problems = Problems()
    assert read_references(None, spec.inputs, spec.outputs, problems) == References()
    assert problems.count == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", "reference: expected keys and values, got []"),
        ("{input: {}}", "reference: unknown key 'input' (did you mean 'inputs'?)"),
        (
            "{inputs: {hours: {}}}",
            "reference.inputs: 'hours' is none of hour, kind, speed (did you mean 'hour'?)",
        ),
        ("{inputs: {hour: 3}}", "reference.inputs.hour: expected keys and values, got '3'"),
        ("{inputs: {hour: {n: 1, count: [1]}}}", "unknown key 'count' (did you mean 'counts'?)"),
        ("{inputs: {hour: {n: 1, counts: [x]}}}", "hour.counts: expected whole numbers from 0 on, got ['x']"),
        ("{inputs: {hour: {n: 1, counts: [-1]}}}", "hour.counts: expected whole numbers from 0 on"),
        ("{inputs: {hour: {n: 1, counts: [0.5]}}}", "hour.counts: expected whole numbers from 0 on"),
        ("{inputs: {hour: {n: 1, counts: 1}}}", "hour.counts: expected whole numbers from 0 on, got '1'"),
        ("{inputs: {hour: {n: 1, edges: [nan], counts: [1, 0]}}}", "hour.edges: expected finite numbers"),
        ("{inputs: {hour: {n: 1, edges: [2, 2], counts: [1, 0, 0]}}}", "hour.edges: expected each above"),
        ("{inputs: {hour: {n: 1, edges: [2], counts: [1]}}}", "hour.counts: expected 2 for 1 edges, got 1"),
        ("{inputs: {kind: {n: 1, counts: [1]}}}", "kind.counts: expected 3 for 3 categories, got 1"),
        ("{inputs: {kind: {n: 1, edges: [], counts: [1, 0, 0]}}}", "kind: edges are for numbers"),
        ("{inputs: {hour: {counts: [1]}}}", "hour.n: expected a finite number, got None"),
        (
            "{inputs: {hour: {n: 1, counts: [2]}}}",
            "hour.n: expected the number of rows, got 1 for counts of 2",
        ),
        (
            "{inputs: {hour: {n: 1, missing: 2, counts: [1]}}}",
            "hour.missing: expected a share from 0 to 1, got 2",
        ),
        (
            "{inputs: {hour: {n: 1, missing: x, counts: [1]}}}",
            "hour.missing: expected a finite number, got 'x'",
        ),
        (
            "{inputs: {hour: {n: 1, days: 2, counts: [1]}}}",
            "hour.days: expected a whole number from 0 to the 1 ",
        ),
        ("{inputs: {hour: {n: 9, days: 0.5, counts: [1]}}}", "hour.days: expected a whole number"),
        ("{inputs: {hour: {n: 9, days: -1, counts: [1]}}}", "hour.days: expected a whole number"),
        (
            "{inputs: {hour: {n: 9, days: 2, clumping: 2, counts: [1]}}}",
            "hour.clumping: expected a correlation",
        ),
        ("{inputs: {hour: {n: 9, days: 2, clumping: x, counts: [1]}}}", "hour.clumping: expected a finite"),
        ("{inputs: {hour: {n: 9, clumping: 0.5, counts: [1]}}}", "hour.clumping: needs `days`"),
        (
            "{outputs: {sure: {n: 1, counts: [1]}}}",
            "reference.outputs.sure.counts: expected 2 for 2 categories",
        ),
    ],
)
def test_what_does_not_fit_is_said(text: str, expected: str, spec: ModelSpec) -> None:
    """Each problem names its place, what was expected and what came."""
    _, problems = read(text, spec)
    assert expected in "; ".join(problems)


def test_problems_are_said_together(spec: ModelSpec) -> None:
    """A person mends all of them in one go."""
    wrong: dict[str, Any] = {"inputs": {"hour": {"n": "x", "counts": ["1", "2"]}, "speed": {"n": "1"}}}
    problems = Problems()
    read_references(wrong, spec.inputs, spec.outputs, problems)
    assert {"hour.n", "hour.counts", "speed.counts"} <= {one.split(": ")[0][17:] for one in problems.kept}
