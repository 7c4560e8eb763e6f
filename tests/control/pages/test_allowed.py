"""Who may do what a button does."""

from __future__ import annotations

import pytest

from gateway.control.access.roles import Principal
from gateway.control.pages.allowed import refused


@pytest.mark.parametrize(
    ("principal", "route", "is_refused"),
    [
        (None, "late", True),
        (Principal("ann", "viewer", "token"), "late", True),
        (Principal("ann", "operator", "token"), "late", False),
        (Principal("ann", "operator", "token"), None, False),
        (Principal("ann", "admin", "token", frozenset({"late"})), "late", False),
        (Principal("ann", "admin", "token", frozenset({"late"})), "protocol", True),
        (Principal("ann", "admin", "token", frozenset({"late"})), None, True),
    ],
)
def test_who_may_roll_back(principal: Principal | None, route: str | None, is_refused: bool) -> None:
    """As the doors of the API will say."""
    assert bool(refused(principal, route)) == is_refused
