"""The places of logins: few, and nobody gets all of them."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.access.oidc_places import MOST, MOST_OF_ONE, LoginPlaces
from gateway.control.problems import Refusal


@given(st.lists(st.integers(0, 9), max_size=40))
def test_there_are_few_and_fewer_of_one_address(sources: list[int]) -> None:
    """Whoever comes: what is refused has a reason, and all places are free again afterwards."""
    places, taken = LoginPlaces(), [0] * 10
    with ExitStack() as held:
        for source in sources:
            place = places.one(f"192.0.2.{source}", "id.example")
            if taken[source] == MOST_OF_ONE or sum(taken) == MOST:
                with pytest.raises(Refusal) as refused:
                    held.enter_context(place)
                assert (refused.value.status, refused.value.headers["retry-after"]) == (503, "2")
            else:
                held.enter_context(place)
                taken[source] += 1
    assert not places._taken


def test_a_login_that_fails_gives_its_place_back() -> None:
    """And a network of IPv6 is one address."""
    places = LoginPlaces()
    with pytest.raises(KeyError), places.one("2001:db8::1", "id.example"):
        raise KeyError
    with ExitStack() as held:
        for number in range(MOST_OF_ONE):
            held.enter_context(places.one(f"2001:db8::{number}", "id.example"))
        with pytest.raises(Refusal, match="too many are logging in"):
            held.enter_context(places.one("2001:db8::9", "id.example"))
