"""How the admin side is protected, as plain JSON values for journal and slot, and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from gateway.routing.admin_settings import USUAL_ADMIN, AdminSettings, OidcRoles, OidcSettings
from gateway.routing.settings import Certificate

KEY = "admin_settings"


def admin_part(settings: AdminSettings) -> dict[str, Any]:
    """Return the key of a plan's document that says how the admin side is protected, if not as usual."""
    if settings == USUAL_ADMIN:
        return {}
    found = _without_tuples(asdict(settings))
    for name in ("oidc", "trusted_proxies"):  # a gateway from before these were there reads it too
        if not found[name]:
            del found[name]
    return {KEY: found}


def admin_from(document: Mapping[str, Any]) -> AdminSettings:
    """Return how a plan's document says that the admin side is protected."""
    if KEY not in document:
        return USUAL_ADMIN
    given = document[KEY]
    tls = Certificate(**given["tls"]) if given.get("tls") else None
    lists = {name: tuple(given.get(name, ())) for name in ("hosts", "trusted_proxies")}
    oidc = _oidc_from(given["oidc"]) if given.get("oidc") else None
    return AdminSettings(**{**given, **lists, "tls": tls, "oidc": oidc})


def _oidc_from(given: Mapping[str, Any]) -> OidcSettings:
    said = given["roles"]
    roles = OidcRoles(said["claim"], *(tuple(said[name]) for name in ("admin", "operator", "viewer")))
    return OidcSettings(**{**given, "roles": roles, "scopes": tuple(given["scopes"])})


def _without_tuples(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, dict):
        return {key: _without_tuples(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


def admin_changes(old: AdminSettings, new: AdminSettings) -> Iterator[str]:
    """Yield a short line for each change; where a key or a secret is kept is not told."""
    before, after = _told(old), _told(new)
    yield from (f"admin.{key} {before[key]} -> {after[key]}" for key in after if before[key] != after[key])
    secrets = _secrets(old), _secrets(new)
    for key, kept in secrets[1].items():
        if secrets[0][key] != kept:
            is_new = bool(secrets[0][key]), bool(kept)
            told = {(False, True): "none -> set", (True, False): "set -> none"}.get(is_new, "changed")
            yield f"admin.{key} {told}"


def _secrets(settings: AdminSettings) -> dict[str, str]:
    secret = settings.oidc.client_secret if settings.oidc else ""
    return {"audit_key": settings.audit_key, "oidc.client_secret": secret}


def _told(settings: AdminSettings) -> dict[str, str]:
    tls = f"{settings.tls.cert} ({settings.tls.key})" if settings.tls else "none"
    return {
        "auth": settings.auth,
        "hosts": ", ".join(settings.hosts) or "none",
        "tls": tls,
        "trusted_proxies": ", ".join(settings.trusted_proxies) or "none",
        **_oidc_told(settings.oidc),
    }


def _oidc_told(oidc: OidcSettings | None) -> dict[str, str]:
    """Return the provider, and each part of it on its own: a role is not to be lost in a long line."""
    roles = oidc.roles if oidc else OidcRoles("none")
    listed = {name: getattr(roles, name) for name in ("admin", "operator", "viewer")}
    return {
        "oidc": f"{oidc.issuer} (client {oidc.client_id}, {oidc.url})" if oidc else "none",
        "oidc.roles.claim": roles.claim,
        **{f"oidc.roles.{name}": ", ".join(values) or "none" for name, values in listed.items()},
        "oidc.name_claim": (oidc.name_claim if oidc else "") or "none",
        "oidc.scopes": " ".join(oidc.scopes) if oidc else "none",
    }
