"""How the admin side is protected, as plain JSON values for journal and slot, and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from gateway.routing.admin_settings import USUAL_ADMIN, AdminSettings
from gateway.routing.settings import Certificate

KEY = "admin_settings"


def admin_part(settings: AdminSettings) -> dict[str, Any]:
    """Return the key of a plan's document that says how the admin side is protected, if not as usual."""
    return {} if settings == USUAL_ADMIN else {KEY: {**asdict(settings), "hosts": list(settings.hosts)}}


def admin_from(document: Mapping[str, Any]) -> AdminSettings:
    """Return how a plan's document says that the admin side is protected."""
    if KEY not in document:
        return USUAL_ADMIN
    given = document[KEY]
    tls = Certificate(**given["tls"]) if given.get("tls") else None
    return AdminSettings(**{**given, "hosts": tuple(given.get("hosts", ())), "tls": tls})


def admin_changes(old: AdminSettings, new: AdminSettings) -> Iterator[str]:
    """Yield a short line for each change; where a key is kept is not told."""
    before, after = _told(old), _told(new)
    yield from (f"admin.{key} {before[key]} -> {after[key]}" for key in after if before[key] != after[key])
    if old.audit_key != new.audit_key:
        is_new = bool(old.audit_key), bool(new.audit_key)
        told = {(False, True): "none -> set", (True, False): "set -> none"}.get(is_new, "changed")
        yield f"admin.audit_key {told}"


def _told(settings: AdminSettings) -> dict[str, str]:
    tls = f"{settings.tls.cert} ({settings.tls.key})" if settings.tls else "none"
    return {"auth": settings.auth, "hosts": ", ".join(settings.hosts) or "none", "tls": tls}
