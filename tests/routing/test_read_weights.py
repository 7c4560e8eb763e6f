"""The `weights` of a route."""

from __future__ import annotations

import pytest

from gateway.routing.plan import UNITS
from gateway.routing.read_weights import Weights, read_weights
from gateway.routing.report import Report
from gateway.routing.yaml_tree import read

KNOWN = {"a": None, "b": None, "c": None}


def weights_of(text: str, stable: str | None = None) -> tuple[Weights | None, list[tuple[int, str]]]:
    """Return the weights written in a text, and what was told about them."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    weights = read_weights(report, node, KNOWN, stable)
    return weights, [(problem.column, problem.message) for problem in report.problems]


@pytest.mark.parametrize(
    ("written", "units"),
    [
        ("{a: 90, b: 10}", (("a", 90_000), ("b", 10_000))),
        ("{b: 1, a: 9}", (("b", 10_000), ("a", 90_000))),
        ("{a: 1, b: 1, c: 1}", (("a", 33_334), ("b", 33_333), ("c", 33_333))),
        ("{a: 99.999, b: 0.001, c: 0}", (("a", 99_999), ("b", 1), ("c", 0))),
        ("{a: '3', b: \"1.0\"}", (("a", 75_000), ("b", 25_000))),
        ("{a: 900000000, b: 100000000}", (("a", 90_000), ("b", 10_000))),
    ],
)
def test_weights_are_proportional_to_a_thousandth_of_a_percent(written: str, units: Weights) -> None:
    """Only the proportions count; the order of the file stays."""
    assert weights_of(written) == (units, [])


def test_stable_gets_an_entry_of_zero() -> None:
    """A stable service that the weights leave out is part of the route, without a share."""
    assert weights_of("{a: 1}", "b") == ((("a", UNITS), ("b", 0)), [])
    assert weights_of("{a: 1}", "a") == ((("a", UNITS),), [])


@pytest.mark.parametrize(
    ("written", "column", "says"),
    [
        ("{a: 90, d: 10}", 9, "`d` is not a known service"),
        ("{a:90, b: 10}", 2, "write `a: 90`"),
        ("{a: 89,5, b: 1}", 8, "has a point, not a comma"),
        ("{a: 1, b: -1}", 11, "must not be negative"),
        ("{a: 1, b: .nan}", 11, "finite"),
        ("{a: 1, b: {c: 1}}", 11, "not a mapping"),
        ("{a: 0, b: 0.0}", 1, "at least one weight must be above 0"),
        ("{a: 100, b: 0.0001}", 13, "the share of b is below 0.001 %"),
        ("[a, b]", 1, "`weights` must be a mapping such as"),
        ("{}", 1, "not an empty mapping"),
    ],
)
def test_a_mistake_is_told_at_its_place(written: str, column: int, says: str) -> None:
    """No weights come back, and one sentence points at what to mend."""
    weights, [(found, message)] = weights_of(written)
    assert weights is None
    assert found == column
    assert says in message


def test_every_wrong_weight_is_told() -> None:
    """One bad weight does not hide the next."""
    weights, told = weights_of("{a: x, b: y, c: 1}")
    assert weights is None
    assert [column for column, _ in told] == [5, 11]
