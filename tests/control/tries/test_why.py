"""How a version is asked for by name, and why one answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.control.tries.why import user_header, way_to, why
from gateway.routing.plan import Override, Route
from gateway.routing.settings import Sticky

ROUTE = Route("late", "/", "blue", (("blue", 90_000), ("green", 0), ("canary", 10_000)))
BY_NAME = replace(ROUTE, preview="x-preview")
OPT_IN = replace(
    ROUTE, overrides=(Override("x-canary", "always", "canary"), Override("x-canary", "never", "blue"))
)


@pytest.mark.parametrize(
    ("route", "version", "way"),
    [
        (ROUTE, "blue", None),
        (BY_NAME, "green", {"x-preview": "green"}),
        (OPT_IN, "canary", {"x-canary": "always"}),
        (OPT_IN, "blue", {"x-canary": "never"}),
        (OPT_IN, "green", None),
        (replace(ROUTE, weights=(("blue", 100_000),)), "blue", {}),
    ],
)
def test_a_version_is_asked_for_as_the_route_allows(
    route: Route, version: str, way: dict[str, str] | None
) -> None:
    """By the preview's header, by an override, or because it has all the weight."""
    assert way_to(route, version) == way


@pytest.mark.parametrize(
    ("route", "headers", "version", "rule", "told"),
    [
        (BY_NAME, {"x-preview": "green"}, "green", "preview", "asked for by name (x-preview: green)"),
        (OPT_IN, {"x-canary": "always"}, "canary", "override", "an override (x-canary: always)"),
        (ROUTE, {}, "blue", "weights", "drawn by the weights: blue has 90 %"),
        (
            OPT_IN,
            {"x-canary": "always"},
            "blue",
            "fallback",
            "canary was chosen (x-canary: always) and could",
        ),
    ],
)
def test_it_is_told_why_a_version_answered(
    route: Route, headers: dict[str, str], version: str, rule: str, told: str
) -> None:
    """By the rule that chose it; another than the chosen one stood in."""
    found = why(route, headers, version)
    assert found is not None
    assert found[0] == rule
    assert found[1].startswith(told)


def test_no_version_has_no_reason() -> None:
    """The gateway answered itself."""
    assert why(ROUTE, {}, "") is None


def test_users_are_named_where_a_header_or_a_cookie_pins_them() -> None:
    """Nothing that a form could say changes who comes from which address."""
    assert user_header(replace(ROUTE, sticky=Sticky("header", "x-user-id")), "ada") == {"x-user-id": "ada"}
    assert user_header(replace(ROUTE, sticky=Sticky("cookie", "uid")), "ada") == {"cookie": "uid=ada"}
    assert user_header(replace(ROUTE, sticky=Sticky("ip")), "ada") is None
    assert user_header(ROUTE, "ada") is None


def test_a_route_that_pins_clients_pins_the_gateway_too() -> None:
    """By the name that its own key has; always to the same version."""
    route = replace(ROUTE, sticky=Sticky("client"))
    reasons = {version: why(route, {}, version) for version in ("blue", "canary")}
    assert sorted(found[0] for found in reasons.values() if found) == ["fallback", "sticky"]
