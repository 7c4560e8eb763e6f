"""The weights that sticky keys are placed with."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.routing.keyed import placing_weights, succeed_keyed
from gateway.routing.plan import UNITS, Route, proportional


def route(**units: float) -> Route:
    """Return a route with these weights."""
    return Route("late", "/", "blue", tuple(proportional(units).items()))


def test_a_first_plan_places_keys_by_its_units() -> None:
    """There are no finer proportions to know of."""
    assert succeed_keyed(None, route(blue=2, canary=1)) == (66667.0, 33333.0)


def test_services_that_keep_their_proportions_keep_their_placing_weights() -> None:
    """Blue and green only shrank together; canary is put on their scale."""
    before = route(blue=60, green=30, canary=10)
    blue, green, canary = succeed_keyed(before, route(blue=190, green=95, canary=15))
    assert (blue, green) == (60000.0, 30000.0)
    assert abs(canary / (blue + green + canary) - 0.05) < 2 / UNITS


def test_the_smallest_change_on_purpose_is_taken() -> None:
    """From 0.001 % to 0.002 % is a doubling, not a cut."""
    before = route(blue=60, green=39.999, canary=0.001)
    placed = succeed_keyed(before, route(blue=60, green=39.998, canary=0.002))
    assert 0.000015 < placed[2] / sum(placed) < 0.000025


def test_new_proportions_are_new_placing_weights() -> None:
    """Where no two services agree with what was, everything follows the units."""
    assert succeed_keyed(route(a=1, b=2, c=7), route(a=5, b=3, c=2)) == (50000.0, 30000.0, 20000.0)


@given(
    st.lists(st.floats(0, 1000), min_size=2, max_size=6), st.lists(st.floats(0, 1000), min_size=2, max_size=6)
)
@example([332.0, 0.25, 1.0, 3.0], [335.0, 0.25, 2.0, 3.0])
def test_placing_weights_agree_with_the_units(one: list[float], other: list[float]) -> None:
    """Whatever came before, each share keys are placed with is the asked one within 0.003 %, and 0 is 0."""
    if not (valid(one) and valid(other)):
        return
    before = route(**{f"s{n}": w for n, w in enumerate(one)})
    after = route(**{f"s{n}": w for n, w in enumerate(other)})
    placed = succeed_keyed(before, after)
    for (_, units), weight in zip(after.weights, placed, strict=True):
        assert (weight == 0) == (units == 0)
        assert abs(weight / sum(placed) * UNITS - units) < 3
    assert placing_weights(after) == tuple(float(units) for _, units in after.weights)


def valid(weights: list[float]) -> bool:
    """Tell whether the weights are such as a file may have."""
    total = sum(weights)
    return total > 0 and all(w == 0 or w / total >= 1.01 / UNITS for w in weights)
