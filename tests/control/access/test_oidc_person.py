"""Names and roles by what a provider says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.access.oidc_person import person, role_of, values_of
from gateway.control.access.roles import Principal
from gateway.control.problems import Refusal
from gateway.routing.admin_settings import OidcRoles, OidcSettings

ROLES = OidcRoles("groups", ("a", "both"), ("o", "both"), ("v",))


def settings(claim: str = "groups", name_claim: str = "") -> OidcSettings:
    """A provider."""
    roles = OidcRoles(claim, ROLES.admin, ROLES.operator, ROLES.viewer)
    return OidcSettings("https://id.example", "c", "${S}", "https://here.example", roles, name_claim)


@given(st.lists(st.sampled_from(["a", "o", "v", "both", "x", "A", ""])))
def test_the_highest_role_counts(values: list[str]) -> None:
    """Whatever else somebody has, and in capitals it is another group."""
    wanted = None
    if {"a", "both"} & set(values):
        wanted = "admin"
    elif "o" in values:
        wanted = "operator"
    elif "v" in values:
        wanted = "viewer"
    assert role_of(frozenset(values), ROLES) == wanted


@pytest.mark.parametrize(
    ("claims", "claim", "values"),
    [
        ({"groups": ["a", 7, None]}, "groups", {"a"}),
        ({"groups": "a b"}, "groups", {"a b"}),
        ({"groups": {"a": 1}}, "groups", set()),
        ({}, "groups", set()),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", {"a"}),
        ({"https://x.example/groups": ["a"]}, "https://x.example/groups", {"a"}),
    ],
)
def test_a_claim_is_a_list_or_a_text(claims: dict[str, Any], claim: str, values: set[str]) -> None:
    """Under its name, else where its dots lead."""
    assert values_of(claims, claim) == values


@pytest.mark.parametrize(
    ("claims", "name_claim", "name"),
    [
        ({"sub": "7", "email": "a@b.example"}, "", "user:a@b.example"),
        ({"sub": "7", "email": "a@b.example", "email_verified": False}, "", "user:7"),
        ({"sub": "7"}, "", "user:7"),
        ({"sub": "7", "preferred_username": "ann"}, "preferred_username", "user:ann"),
    ],
)
def test_a_name_is_one_the_provider_answers_for(claims: dict[str, Any], name_claim: str, name: str) -> None:
    """An address that is not verified could be anybody's."""
    found = person({**claims, "groups": ["v"]}, settings(name_claim=name_claim))
    assert found == Principal(name, "viewer", "session")


@pytest.mark.parametrize("name", ["", "a b", "a\n", "x" * 101, 7, None])
def test_what_is_no_name_for_the_history_is_refused(name: object) -> None:
    """And the sentence says which claim it is."""
    with pytest.raises(Refusal, match="the claim nick of the ID token is no name"):
        person({"sub": "7", "nick": name, "groups": ["v"]}, settings(name_claim="nick"))
