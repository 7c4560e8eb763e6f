"""The `oidc` of `admin`: the identity provider at which people log in to the dashboard."""

from __future__ import annotations

import importlib.util
import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from gateway.extras import install
from gateway.routing.admin_settings import OidcRoles, OidcSettings
from gateway.routing.read_settings import Reader, meanings, read_keys
from gateway.routing.read_tls import UNCHECKED, PemChecks
from gateway.routing.read_web import web_url
from gateway.routing.report import Report, described, entries, mapping, sequence, text
from gateway.routing.yaml_nodes import Node

EXAMPLE: Final = (
    "{issuer: https://id.example.org, client_id: gateway, client_secret: ${OIDC_SECRET}, "
    "url: https://gateway.example.org, roles: {admin: [ml-leads]}}"
)
ROLES_EXAMPLE: Final = "{claim: groups, admin: [ml-leads], operator: [on-call], viewer: [ml]}"
MOST_VALUES: Final = 100
"""Values of a claim that give a role, and scopes that are asked for."""
EXTRA: Final = ("authlib", "httpx", "joserfc")
"""Packages of the extra `oidc`."""
_NEEDED: Final = ("issuer", "client_id", "client_secret", "url", "roles")
_SECRET_PLACE: Final = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]{0,99}\}|\.{0,2}/.+")
_SCOPE: Final = re.compile(r"[!#-\[\]-~]{1,100}")


def oidc_reader(pem: PemChecks) -> Reader:
    """Return the reader of `oidc`; `pem` UNCHECKED: what is installed here does not matter either."""

    def read(report: Report, node: Node, what: str) -> OidcSettings | None:
        found = read_keys(report, node, what, EXAMPLE, _READERS)
        if found is None:
            return None
        values, given = found
        for key in _NEEDED:
            if key not in given:
                report.add(node, f"`{what}` needs `{key}`, as in `{EXAMPLE}`")
        if pem is not UNCHECKED and not is_installed():
            report.add(node, f"`{what}` needs {', '.join(EXTRA)}: {install('oidc')}")
        return OidcSettings(**values) if all(key in values for key in _NEEDED) else None

    return read


def is_installed() -> bool:
    """Tell whether the extra `oidc` is there, without loading it."""
    return all(importlib.util.find_spec(package) is not None for package in EXTRA)


def check_url(report: Report, node: Node, url: str, hosts: tuple[str, ...]) -> None:
    """Note where the dashboard would refuse the name under which the provider sends people back."""
    name = urlsplit(url).hostname or ""
    shown = f"[{name}]" if ":" in name else name
    if shown not in hosts and not is_local(name):
        report.add(node, f"`url` has the name `{shown}`, which is none of `hosts` of `admin`; add it there")


def is_local(name: str) -> bool:
    """Tell whether a name, without brackets, is this machine's."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _secure_url(report: Report, node: Node, what: str) -> str | None:
    """Read an address with https, or with http at this machine."""
    value = web_url(report, node, what)
    if value is None:
        return None
    parts = urlsplit(value)
    if parts.scheme != "https" and not is_local(parts.hostname or ""):
        report.add(
            node, f"`{what}` is {described(node)}: it must have https, or whoever listens could log in"
        )
        return None
    if parts.query or "?" in value:
        report.add(node, f"`{what}` is {described(node)}: it must not have a query (`?`)")
        return None
    return value


def _own_url(report: Report, node: Node, what: str) -> str | None:
    """Read the address of the dashboard, without a path."""
    value = _secure_url(report, node, what)
    if value is None:
        return None
    if urlsplit(value).path not in ("", "/"):
        report.add(node, f"`{what}` is {described(node)}: the dashboard is at the root of its address")
        return None
    return value.removesuffix("/")


def _secret(report: Report, node: Node, what: str) -> str | None:
    """Read where the secret is; the value itself is never repeated, it might be the secret."""
    value = text(report, node, what, "${OIDC_SECRET}")
    if value is None or _SECRET_PLACE.fullmatch(value):
        return value
    report.add(
        node,
        f"`{what}` must say where the secret is, which must not stand in this file: a variable of the "
        "environment such as `${OIDC_SECRET}`, or a file with a path such as `./oidc-secret`",
    )
    return None


def _line(example: str) -> Reader:
    return lambda report, node, what: text(report, node, what, example)


def _texts(report: Report, node: Node, what: str) -> tuple[str, ...] | None:
    items = sequence(report, node, what, "[ml-leads]")
    if items is None:
        return None
    if len(items) > MOST_VALUES:
        report.add(node, f"there are {len(items)} `{what}`; at most {MOST_VALUES} are possible")
        return None
    values = [text(report, item, what, "ml-leads") for item in items]
    return tuple(dict.fromkeys(value for value in values if value))


def _scopes(report: Report, node: Node, what: str) -> tuple[str, ...] | None:
    values = _texts(report, node, what)
    if values is None:
        return None
    for value in values:
        if not _SCOPE.fullmatch(value):
            report.add(node, f"`{what}` has `{value:.60}`: a scope is a word without spaces and quotes")
            return None
    return values if "openid" in values else ("openid", *values)


def _roles(report: Report, node: Node, what: str) -> OidcRoles | None:
    found = mapping(report, node, what, ROLES_EXAMPLE)
    if found is None:
        return None
    given = entries(report, found, f"`{what}` of `oidc`", tuple(_ROLE_READERS))
    roles = OidcRoles(**meanings(report, given, _ROLE_READERS))
    if not given.keys() - {"claim"}:
        report.add(node, f"`{what}` lets nobody in; say who may, as in `{ROLES_EXAMPLE}`")
        return None
    return roles


_ROLE_READERS: dict[str, Reader] = {
    "claim": _line("groups"),
    "admin": _texts,
    "operator": _texts,
    "viewer": _texts,
}
_READERS: dict[str, Reader] = {
    "issuer": _secure_url,
    "client_id": _line("gateway"),
    "client_secret": _secret,
    "url": _own_url,
    "roles": _roles,
    "name_claim": _line("email"),
    "scopes": _scopes,
}
OIDC_KEYS = tuple(_READERS)
