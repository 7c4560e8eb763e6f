"""The pages on which a route is tried."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.control.pages.try_page import listed, shown
from gateway.routing.auth_keys import ClientAuth
from gateway.routing.change import Request, commit
from gateway.routing.plan import RoutingPlan

if TYPE_CHECKING:
    from tests.control.conftest import Site

MODEL = Path(__file__).parents[3] / "model_versions" / "v1"


def served_here(plan: RoutingPlan) -> RoutingPlan:
    """Return the plan with a model of ours as stable, known by name, and keys for its clients."""
    services = [replace(one, model="m", urls=()) if one.name == "blue" else one for one in plan.services]
    first = replace(plan.routes[0], preview="x-preview", auth=ClientAuth("keys.txt"))
    return replace(plan, services=tuple(services), routes=(first, *plan.routes[1:]))


def published(site: Site) -> None:
    """Make that plan live."""
    (site.config.parent / "m").symlink_to(MODEL)
    site.list_processes()
    commit(site.places, Request("set-weight", "test"), served_here)


def test_routes_that_can_be_tried_come_first_and_the_others_say_why_not(site: Site) -> None:
    """With the model that answers."""
    published(site)
    (late, protocol), more = listed(site.places)
    assert (late.name, late.model, late.why_not, more) == ("late", "late", "", 0)
    assert protocol.why_not


def test_a_form_shows_the_models_inputs_and_which_versions_can_be_named(site: Site) -> None:
    """All of them, where the route has `preview`."""
    published(site)
    found = shown(site.places, "late", can_operate=True)
    assert found["why_not"] == ""
    assert len(found["form"].fields) == 13  # type: ignore[attr-defined]
    assert all(one["can_ask"] for one in found["versions"])  # type: ignore[attr-defined]


def test_a_viewer_is_told_that_keys_make_it_an_operators(site: Site) -> None:
    """No request is made meanwhile."""
    published(site)
    assert "role operator" in str(shown(site.places, "late", can_operate=False)["why_not"])


def test_a_version_that_no_request_can_ask_for_is_named_with_what_it_takes(site: Site) -> None:
    """Whoever misses it in the list would think that it is broken."""
    published(site)
    assert shown(site.places, "late", can_operate=True)["hidden"] == []

    def bare(plan: RoutingPlan) -> RoutingPlan:
        first = replace(plan.routes[0], preview="", overrides=())
        return replace(plan, routes=(first, *plan.routes[1:]))

    commit(site.places, Request("set-weight", "test"), bare)
    hidden = shown(site.places, "late", can_operate=True)["hidden"]
    assert hidden == ["blue (90 %)", "green (0 %)", "canary (10 %)"]
