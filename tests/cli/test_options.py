"""What verbs have in common beside their options."""

from __future__ import annotations

import pytest

from gateway.cli.common import Running
from gateway.cli.options import must_be_up
from gateway.errors import GatewayError
from gateway.routing.places import Places
from tests.cli.site import Site


def test_a_verb_that_needs_a_gateway_says_how_to_start_one(site: Site) -> None:
    """One that runs is passed on as it is."""
    running = Running(site.places, "routing.yaml", is_up=True)
    assert must_be_up(running) is running
    with pytest.raises(GatewayError, match=r"no gateway is running .* start it with `gateway up`"):
        must_be_up(Running(Places(site.places.state), "routing.yaml", is_up=False))
