"""Roles: each may do what the one before it may, and a scope only ever takes away."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.control.access.roles import ROLES, Principal, Role, has, principal_of, refusal

ROUTES = st.none() | st.frozensets(st.sampled_from("abc"))
ROLE = st.sampled_from(ROLES)


def principal(role: Role, routes: frozenset[str] | None = None) -> Principal:
    """Somebody with a role."""
    return Principal("token:ci", role, "token", routes)


def test_roles_include_each_other_in_order() -> None:
    """A viewer may least, an admin everything."""
    assert [[has(one, other) for other in ROLES] for one in ROLES] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


@given(ROLE, ROLE, ROUTES, st.none() | st.sampled_from("abcd"), st.booleans())
def test_a_scope_only_takes_away(
    role: Role, needed: Role, routes: frozenset[str] | None, route: str | None, is_whole: bool
) -> None:
    """What somebody limited to routes may do, somebody with the same role without a limit may as well."""
    limited = refusal(principal(role, routes), needed, route, is_whole=is_whole)
    if not limited:
        assert not refusal(principal(role), needed, route, is_whole=is_whole)
        assert has(role, needed)
        assert routes is None or (route in routes if route is not None else not is_whole)


def test_a_refusal_says_what_is_missing() -> None:
    """The role, or the route."""
    assert refusal(principal("viewer"), "operator", "a", is_whole=False) == (
        "token:ci has the role viewer, and this needs operator"
    )
    assert "limited to some routes (a, b), and c is none of them" in refusal(
        principal("admin", frozenset("ba")), "viewer", "c", is_whole=False
    )
    assert "about all of them" in refusal(principal("admin", frozenset("a")), "viewer", None, is_whole=True)


def test_nobody_is_known_until_somebody_said_so() -> None:
    """A scope without a principal has none."""
    ann = principal("admin")
    assert principal_of({}) is None
    assert principal_of({"principal": ann}) is ann
