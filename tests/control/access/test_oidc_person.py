"""Names and roles by what a provider says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.access.oidc_person import person, role_of, still_grants, values_of
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
        ({"sub": "7", "email": "a@b.example", "email_verified": True}, "", "user:a@b.example"),
        ({"sub": "7", "email": "a@b.example", "email_verified": "true"}, "", "user:a@b.example"),
        ({"sub": "7", "email": "a@b.example", "email_verified": False}, "", "user:7"),
        ({"sub": "7", "email": "a@b.example", "email_verified": 1}, "", "user:7"),
        ({"sub": "7", "email": "a@b.example"}, "", "user:7"),
        ({"sub": "7"}, "", "user:7"),
        ({"sub": "7", "preferred_username": "ann"}, "preferred_username", "user:ann"),
    ],
)
def test_a_name_is_one_the_provider_answers_for(claims: dict[str, Any], name_claim: str, name: str) -> None:
    """An address that is not verified could be anybody's."""
    found = person({**claims, "groups": ["v"]}, settings(name_claim=name_claim))
    granted = '["https://id.example", "groups", ["v"]]'
    assert found == Principal(name, "viewer", "session", granted=granted)


@pytest.mark.parametrize("said", [{}, {"email_verified": False}, {"email_verified": "false"}])
def test_an_address_that_is_not_verified_gives_neither_role_nor_name(said: dict[str, Any]) -> None:
    """At many providers anybody may write an admin's address there."""
    claims = {"sub": "7", "email": "a", "groups": ["v"], **said}
    with pytest.raises(Refusal, match="7 has no role"):
        person(claims, settings("email"))
    with pytest.raises(Refusal, match="email_verified"):
        person(claims, settings(name_claim="email"))
    assert person({**claims, "email_verified": True}, settings("email")).role == "admin"


def test_a_role_holds_as_long_as_what_was_said_gives_it() -> None:
    """By the settings in force: the same issuer and claim, and a value that gives the role or more."""
    before = settings()
    granted = person({"sub": "7", "groups": ["v", "o", "x"]}, before).granted
    assert still_grants(granted, "operator", before)
    assert granted.endswith('["o", "v"]]')
    now = {
        "no operator": OidcRoles("groups", ("a",), (), ("v", "o")),
        "another claim": OidcRoles("teams", ("a",), ("o",), ("v",)),
    }
    assert not any(still_grants(granted, "operator", replace(before, roles=roles)) for roles in now.values())
    assert still_grants(granted, "operator", replace(before, roles=OidcRoles("groups", ("o",))))
    assert not still_grants(granted, "operator", replace(before, issuer="https://other.example"))
    assert not still_grants(granted, "operator", None)
    assert not still_grants("", "viewer", before)


@pytest.mark.parametrize("name", ["", "a b", "a\n", "x" * 101, 7, None])
def test_what_is_no_name_for_the_history_is_refused(name: object) -> None:
    """And the sentence says which claim it is."""
    with pytest.raises(Refusal, match="the claim nick of the ID token is no name"):
        person({"sub": "7", "nick": name, "groups": ["v"]}, settings(name_claim="nick"))
