"""Who somebody is here, by what the identity provider says: a name, and the highest role they have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from gateway.control.access.roles import ROLES, Principal, Role, has
from gateway.control.problems import Refusal
from gateway.routing.admin_settings import OidcRoles, OidcSettings

LONGEST: Final = 100
"""Characters of a name: it is written into the history."""


def person(claims: Mapping[str, Any], settings: OidcSettings) -> Principal:
    """Return who the claims of a verified ID token are of; raises Refusal (403) for whoever has no role."""
    claims = answered_for(claims)
    name = _name(claims, settings.name_claim)
    values = values_of(claims, settings.roles.claim)
    role = role_of(values, settings.roles)
    if role is None:
        raise Refusal(403, _why_nobody(name, values, settings))
    said = sorted(values & {value for given in _given(settings.roles).values() for value in given})
    granted = json.dumps([settings.issuer, settings.roles.claim, said])
    return Principal(f"user:{name}", role, "session", granted=granted)


def still_grants(granted: str, role: Role, settings: OidcSettings | None) -> bool:
    """Tell whether what a provider said at a login gives the role by the settings in force.

    None: no provider is. What it would say now nobody knows.
    """
    if settings is None or not granted:
        return False
    issuer, claim, values = json.loads(granted)
    if (issuer, claim) != (settings.issuer, settings.roles.claim):
        return False
    found = role_of(frozenset(values), settings.roles)
    return found is not None and has(found, role)


def answered_for(claims: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the claims without an e-mail address that the provider does not say it verified.

    At many providers people write what they like there, the address of an admin too.
    """
    verified = claims.get("email_verified")
    if verified is True or verified == "true":
        return claims
    return {name: value for name, value in claims.items() if name != "email"}


def role_of(values: frozenset[str], roles: OidcRoles) -> Role | None:
    """Return the highest role that the values of the claim give."""
    given = _given(roles)
    return next((role for role in reversed(ROLES) if values & frozenset(given[role])), None)


def _given(roles: OidcRoles) -> dict[Role, tuple[str, ...]]:
    return {"viewer": roles.viewer, "operator": roles.operator, "admin": roles.admin}


def values_of(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """Return what a claim says: a text or a list of them. One that is not there may be a path with dots."""
    found = _at(claims, claim)
    items = found if isinstance(found, list) else [found]
    return frozenset(item for item in items if isinstance(item, str))


def _at(claims: Mapping[str, Any], claim: str) -> Any:
    if claim in claims:
        return claims[claim]
    found: Any = claims
    for part in claim.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _name(claims: Mapping[str, Any], claim: str) -> str:
    name = claims.get(claim or ("email" if isinstance(claims.get("email"), str) else "sub"))
    if isinstance(name, str) and 0 < len(name) <= LONGEST and name.isprintable() and " " not in name:
        return name
    raise Refusal(
        403,
        f"the claim {claim or 'sub'} of the ID token is no name for the history: it must be there, with at "
        f"most {LONGEST} characters and no spaces (email counts with email_verified alone); `name_claim` in "
        "`admin: oidc` chooses another",
    )


def _why_nobody(name: str, values: frozenset[str], settings: OidcSettings) -> str:
    listed = ", ".join(sorted(values))[:300] or "nothing"
    return (
        f"{name} has no role here: the claim {settings.roles.claim} of the ID token has {listed}, and "
        "`roles` of `admin: oidc` in routing.yaml gives none of that a role; ask whoever runs the gateway"
    )
