"""The split: total, deterministic, as exact as its weights, and no key moves but to a version that grows."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from math import exp, lgamma, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.plan import UNITS, Override, Route, proportional
from gateway.routing.settings import Sticky
from gateway.routing.split import Splitter, cookie_value

NAMES = ("blue", "green", "canary", "teal", "gold", "rose")
HEADER = Sticky("header", "x-user-id")
WEIGHTS = st.lists(st.integers(0, 1000), min_size=1, max_size=6).filter(any)


def route(*units: int, sticky: Sticky | None = HEADER, overrides: tuple[Override, ...] = ()) -> Route:
    """Return a route whose services have these units, scaled to add up."""
    weights = proportional(dict(zip(NAMES, map(float, units), strict=False)))
    return Route("late", "/late", "blue", tuple(weights.items()), sticky, overrides)


def p_value(successes: int, trials: int, chance: float) -> float:
    """Return the exact two-sided binomial p-value: how likely something no likelier than this is."""
    if chance in (0.0, 1.0):
        return float(successes == trials * chance)

    def likelihood(k: int) -> float:
        ways = lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1)
        return exp(ways + k * log(chance) + (trials - k) * log(1 - chance))

    limit = likelihood(successes) * (1 + 1e-7)
    return sum(each for k in range(trials + 1) if (each := likelihood(k)) <= limit)


@given(WEIGHTS, st.binary(max_size=40), st.integers(0, 2**64 - 1))
def test_every_key_and_every_draw_has_one_version_and_weight_0_has_none(
    weights: list[int], key: bytes, draw: int
) -> None:
    """The split is total and deterministic; what has no weight gets not one request."""
    one, other = Splitter(route(*weights)), Splitter(route(*weights))
    for index in (one.by_key(key), one.by_draw(draw)):
        assert weights[index] > 0
    assert (one.by_key(key), one.by_draw(draw)) == (other.by_key(key), other.by_draw(draw))


@pytest.mark.parametrize(
    "weights", [(90, 0, 10), (0, 0, 1), (1, 0, 0), (33.333, 33.333, 33.334), (99.999, 0.001)]
)
def test_draws_divide_exactly(weights: tuple[float, ...]) -> None:
    """Over a full range of draws each version gets exactly its units."""
    asked = proportional(dict(zip(NAMES, map(float, weights), strict=False)))
    splitter = Splitter(Route("late", "/", "blue", tuple(asked.items())))
    served = Counter(splitter.services[splitter.by_draw(draw)] for draw in range(UNITS))
    assert {name: served[name] for name in asked} == asked


@pytest.mark.parametrize(
    "weights", [(90, 0, 10), (99, 1, 0), (50, 50, 0), (33, 33, 34), (75, 20, 5, 0), (1, 1, 1, 1, 1, 1)]
)
def test_twenty_thousand_draws_and_keys_match_their_weights(weights: tuple[int, ...]) -> None:
    """20,000 requests, and 20,000 users, are divided as asked (binomial, p > 0.001)."""
    split_route = route(*weights)
    splitter = Splitter(split_route)
    bits = random.Random(2013).getrandbits
    drawn = Counter(splitter.by_draw(bits(64)) for _ in range(20_000))
    keyed = Counter(splitter.by_key(b"user-%d" % n) for n in range(20_000))
    for index, (_, units) in enumerate(split_route.weights):
        assert p_value(drawn[index], 20_000, units / UNITS) > 0.001
        assert p_value(keyed[index], 20_000, units / UNITS) > 0.001


def test_keys_that_are_addresses_or_counters_are_as_fair() -> None:
    """Keys that differ in one digit only, or are addresses of one network, are no worse."""
    splitter = Splitter(route(70, 25, 5))
    for keys in (
        [b"10.0.%d.%d" % (n // 250, n % 250) for n in range(20_000)],
        [b"%d" % n for n in range(20_000)],
        [b"%032x" % n for n in range(20_000)],
    ):
        served = Counter(splitter.by_key(key) for key in keys)
        assert all(p_value(served[i], 20_000, share) > 0.001 for i, share in enumerate((0.7, 0.25, 0.05)))


def test_routes_divide_their_users_independently() -> None:
    """The hash is salted by route: who is in the canary of one route is not so more often in another's."""
    one, other = (
        Splitter(Route(name, "/", "blue", (("blue", 80_000), ("canary", 20_000)), HEADER))
        for name in ("a", "b")
    )
    both = sum(one.by_key(b"%d" % n) == 1 == other.by_key(b"%d" % n) for n in range(20_000))
    assert p_value(both, 20_000, 0.04) > 0.001


def test_the_split_is_the_same_in_another_process_and_for_ever() -> None:
    """Neither a restart nor another hash seed moves a key; these choices must hold in every later version."""
    code = (
        "from gateway.routing.plan import *; from gateway.routing.split import Splitter\n"
        "s = Splitter(Route('late', '/late', 'blue', (('blue', 60000), ('green', 30000), "
        "('canary', 10000))))\n"
        "print(''.join(str(s.by_key(b'user-%d' % n)) for n in range(60)))"
    )
    for seed in ("0", "4711"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        )
        assert run.stdout.strip() == "100001010001002110020201200000000012110000002210002100000101"


def test_the_first_matching_override_wins() -> None:
    """Overrides are tried in the order of the file, on the exact value, before sticky key and weights."""
    overrides = (
        Override("x-canary", "always", "canary"),
        Override("x-canary", "never", "blue"),
        Override("x-team", "ml", "green"),
    )
    splitter = Splitter(route(100, 0, 0, overrides=overrides))
    assert splitter.overridden({b"x-canary": b"always", b"x-team": b"ml"}) == 2
    assert splitter.overridden({b"x-canary": b"never", b"x-team": b"ml"}) == 0
    assert splitter.overridden({b"x-canary": b"Always", b"x-team": b"ml"}) == 1
    assert splitter.overridden({b"x-canary": b"Always"}) is None
    assert splitter.overridden({}) is None


def test_what_pins_a_request() -> None:
    """A header's value, a cookie's value or the peer's address; nothing where the request carries none."""
    headers = {b"x-user-id": b"42", b"cookie": b"a=1; uid=abc=; uid=later"}
    assert Splitter(route(1, 1)).sticky_key(headers, b"::1") == b"42"
    assert Splitter(route(1, 1, sticky=Sticky("cookie", "uid"))).sticky_key(headers, b"::1") == b"abc="
    assert Splitter(route(1, 1, sticky=Sticky("ip"))).sticky_key(headers, b"::1") == b"::1"
    assert Splitter(route(1, 1, sticky=None)).sticky_key(headers, b"::1") == b""
    assert Splitter(route(1, 1)).sticky_key({}, b"::1") == b""


@pytest.mark.parametrize(
    ("cookies", "value"),
    [
        (b"", b""),
        (b"uid", b""),
        (b"xuid=1", b""),
        (b"uid=1", b"1"),
        (b" uid=1 ;uid=2", b"1"),
        (b"a=uid=3;\tuid=4", b"4"),
    ],
)
def test_the_value_of_a_cookie(cookies: bytes, value: bytes) -> None:
    """The first cookie of exactly that name counts."""
    assert cookie_value(cookies, b"uid") == value
