"""The plan as a value: weights in units, and the document that the journal keeps."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.document import UnknownPlan, from_document, to_document
from gateway.routing.parse import parse
from gateway.routing.plan import (
    UNITS,
    Override,
    Route,
    RoutingPlan,
    Service,
    percent,
    proportional,
    shortest_percent,
)
from gateway.routing.settings import Sticky, Timeouts

FAIR = sorted((Path(__file__).parent / "fair").glob("*.yaml"))
NAMES = st.text(alphabet="abcdefgh", min_size=1, max_size=3)
WEIGHT = st.one_of(
    st.integers(0, 1000).map(float),
    st.integers(0, 10_000).map(lambda thousandths: thousandths / 1000),
    st.floats(1, 100),
)
WEIGHTS = st.dictionaries(NAMES, WEIGHT, min_size=1, max_size=8).filter(lambda weights: valid(weights))


def valid(weights: dict[str, float]) -> bool:
    """Tell whether something is positive and nothing positive falls below one unit."""
    total = math.fsum(weights.values())
    return total > 0 and all(weight == 0 or weight / total >= 1 / UNITS for weight in weights.values())


@given(WEIGHTS)
def test_units_add_up_and_are_near_the_exact_share(weights: dict[str, float]) -> None:
    """Units sum to 100 %, zero stays zero, positive stays positive, and no share is off by a whole unit."""
    units = proportional(weights)
    assert sum(units.values()) == UNITS
    total = sum(map(Fraction, weights.values()))
    for name, weight in weights.items():
        assert (units[name] > 0) == (weight > 0)
        assert abs(units[name] - Fraction(weight) * UNITS / total) < 1 + Fraction(1, 10**5)


@given(WEIGHTS, st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter(weights: dict[str, float], order: object) -> None:
    """The same weights in any order give the same units."""
    names = list(weights)
    order.shuffle(names)  # type: ignore[attr-defined]
    assert proportional({name: weights[name] for name in names}) == proportional(weights)


def test_rounding_in_the_sum_does_not_leak_the_order() -> None:
    """Added one after the other, these floats have sums that differ by order; the units must not."""
    weights = {"a": 1.24, "b": 5.0, "c": 0.49, "d": 0.87, "e": 7.6}
    units = [proportional(dict(order)) for order in permutations(weights.items())]
    assert all(each == units[0] for each in units)


@given(st.lists(st.integers(0, UNITS), min_size=1, max_size=6))
def test_percents_written_down_mean_the_same_units(cuts: list[int]) -> None:
    """Units survive being written as percent and read again."""
    edges = [0, *sorted(cuts), UNITS]
    units = {f"s{n}": high - low for n, (low, high) in enumerate(pairwise(edges))}
    assert proportional({name: percent(share) for name, share in units.items()}) == units


@pytest.mark.parametrize("weights", [{}, {"a": 0.0}, {"a": 0.0, "b": 0.0}])
def test_something_must_be_positive(weights: dict[str, float]) -> None:
    """Weights that send no request anywhere are refused."""
    with pytest.raises(ValueError, match="at least one weight must be above 0"):
        proportional(weights)


def test_a_share_below_one_unit_is_refused() -> None:
    """A weight above 0 is a promise of requests, so it is not rounded away."""
    with pytest.raises(ValueError, match=r"the share of b is below 0\.001 %"):
        proportional({"a": 100.0, "b": 0.0001})
    assert proportional({"a": 99.999, "b": 0.001}) == {"a": 99_999, "b": 1}


def test_a_plan_survives_json() -> None:
    """Written as a document, through JSON and back, a plan is equal to itself."""
    plan = RoutingPlan(
        services=(
            Service("blue", model="m/v1", replicas=3),
            Service("canary", urls=("http://a:1", "http://b:2")),
        ),
        routes=(
            Route(
                "late",
                "/v2",
                "blue",
                (("blue", 90_000), ("canary", 10_000)),
                Sticky("cookie", "uid"),
                (Override("x-canary", "always", "canary"),),
                Timeouts(0.25, 2.0, 3.5),
                since=7,
            ),
            Route("rest", "/", "blue", (("blue", UNITS),)),
        ),
        listen="[::1]:80",
        admin="localhost:0",
        revision=12,
    )
    assert from_document(json.loads(json.dumps(to_document(plan)))) == plan


@pytest.mark.parametrize("path", FAIR, ids=lambda path: path.stem)
def test_the_plan_of_a_file_survives_json(path: Path) -> None:
    """So does every plan that came from a file."""
    plan = parse(path.read_bytes().decode(), model_exists=lambda _: None)
    assert from_document(json.loads(json.dumps(to_document(plan)))) == plan


@pytest.mark.parametrize(
    "document", [{}, {"services": [{"name": "a"}]}, {"services": [{"nonsense": 1, "urls": []}]}]
)
def test_a_document_of_another_shape_is_refused(document: dict[str, object]) -> None:
    """A document that `to_document` did not write raises instead of giving half a plan."""
    with pytest.raises(UnknownPlan):
        from_document(document)


def test_a_plan_finds_its_parts_by_name() -> None:
    """Routes and services are found by name; an unknown name is None, an unnamed service has no share."""
    route = Route("late", "/", "blue", (("blue", 67_500), ("canary", 32_500)))
    plan = RoutingPlan((Service("blue"),), (route,))
    assert plan.route("late") is route
    assert plan.route("early") is None
    assert plan.service("blue") == Service("blue")
    assert plan.service("red") is None
    assert (route.share("blue"), route.share("red")) == (67.5, 0.0)
    assert percent(90_000) == 90.0


@pytest.mark.parametrize(
    ("units", "text"), [(0, "0"), (1, "0.001"), (67500, "67.5"), (25000, "25"), (UNITS, "100")]
)
def test_percent_is_written_as_short_as_possible(units: int, text: str) -> None:
    """No trailing zeros, no point without need."""
    assert shortest_percent(units) == text
