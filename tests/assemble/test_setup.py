"""What a generation runs on: sockets that go on where they are still wanted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.assemble.options import UpOptions
from gateway.assemble.setup import setup_of
from gateway.errors import GatewayError
from gateway.routing.file import read_plan
from gateway.routing.run_directory import prepare
from tests.assemble.routing_file import ROUTING


def test_an_address_that_the_file_has_is_complained_about_there(options: UpOptions) -> None:
    """One that `--admin` has is complained about as such."""
    places = prepare(options.state)
    options.config.write_text(f"admin: 0.0.0.0:0\n{ROUTING}".replace("\nadmin:", "\n# "))
    plan = read_plan(options.config.read_text(), options.config)
    for admin, told in (("", "routing.yaml:1:8: `admin` 0.0.0.0:0"), ("0.0.0.0:0", "--admin 0.0.0.0:0")):
        with pytest.raises(GatewayError) as caught:
            setup_of(replace(options, admin=admin), places, plan)
        assert str(caught.value).startswith(f"{told} can be reached from other machines")


def test_a_setup_keeps_what_is_still_wanted(options: UpOptions) -> None:
    """What is bound goes on in the next generation."""
    places = prepare(options.state)
    plan = read_plan(ROUTING, options.config)
    first = setup_of(options, places, plan)
    again = setup_of(options, places, plan, first)
    assert again.listeners == first.listeners
    assert again.workers == 1
    for bound in first.listeners.everything():
        bound.close()
