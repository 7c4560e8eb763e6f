"""The `admin` of routing.yaml: an address alone, or a mapping that also says how it is protected."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from gateway.routing.addresses import Address, parse_address
from gateway.routing.admin_settings import USUAL_ADMIN, AdminSettings
from gateway.routing.read_oidc import check_url, oidc_reader
from gateway.routing.read_settings import Reader, choice, meanings
from gateway.routing.read_tls import PemChecks, certificate_pair
from gateway.routing.read_web import key_place
from gateway.routing.report import Report, described, entries, mapping, sequence, text
from gateway.routing.settings import Certificate
from gateway.routing.yaml_nodes import Mapping, Node, Scalar
from gateway.routing.yaml_tree import read

MOST_LISTED = 100
_EXAMPLE = "{listen: 0.0.0.0:9090, tls: {cert: certs/admin.pem, key: certs/admin.key}}"


def split_admin(
    report: Report, given: dict[str, Node], pem: PemChecks
) -> tuple[AdminSettings, dict[str, Node]]:
    """Return what `admin` says beside its address, and the file's keys with that address under `admin`."""
    node = given.get("admin")
    if node is None or isinstance(node, Scalar):
        return USUAL_ADMIN, given
    rest = {key: value for key, value in given.items() if key != "admin"}
    found = mapping(report, node, "admin", _EXAMPLE)
    if found is None:
        return USUAL_ADMIN, rest
    keys = entries(report, found, "`admin`", ADMIN_KEYS)
    if "listen" in keys:
        rest["admin"] = keys["listen"]
    readers = {**_PLAIN, "tls": _tls(pem), "oidc": oidc_reader(pem)}
    settings = AdminSettings(**meanings(report, keys, readers))
    if settings.oidc:
        check_url(report, keys["oidc"], settings.oidc.url, settings.hosts)
    return settings, rest


def admin_place(text: str) -> tuple[int, int]:
    """Return line and column of the admin side's address in a routing.yaml, 0 and 0 where it has none."""
    root, _ = read(text)
    node = _value(_value(root, "admin"), "listen") or _value(root, "admin")
    return (node.line, node.column) if node else (0, 0)


def _value(node: Node | None, name: str) -> Node | None:
    pairs = node.pairs if isinstance(node, Mapping) else ()
    return next((value for key, value in pairs if key.value == name), None)


def _listed(example: str, one: Callable[[Report, Node, str], str | None]) -> Reader:
    """Return the reader of a bounded list, each entry in its usual form and once."""

    def read(report: Report, node: Node, what: str) -> tuple[str, ...] | None:
        items = sequence(report, node, what, example)
        if items is None:
            return None
        if len(items) > MOST_LISTED:
            report.add(node, f"there are {len(items)} `{what}`; at most {MOST_LISTED} are possible")
            return None
        found = [one(report, item, what) for item in items]
        return tuple(dict.fromkeys(entry for entry in found if entry))

    return read


def _host(report: Report, node: Node, what: str) -> str | None:
    value = text(report, node, what, "gateway.example.org")
    if value is None:
        return None
    found = parse_address(f"{value}:1")
    if isinstance(found, Address):
        return str(found).removesuffix(":1")
    advice = "write the name as it stands in a browser's address, without scheme and port"
    report.add(node, f"`{what}` has {described(node)}: {advice}")
    return None


def _tls(pem: PemChecks) -> Reader:
    def read(report: Report, node: Node, what: str) -> Certificate | None:
        found = mapping(report, node, what, "{cert: certs/admin.pem, key: certs/admin.key}")
        if found is None:
            return None
        cert, key = certificate_pair(
            report, found, entries(report, found, "`tls` of `admin`", ("cert", "key")), pem
        )
        return Certificate(cert, key) if cert and key else None

    return read


def _network(report: Report, node: Node, what: str) -> str | None:
    value = text(report, node, what, "10.0.0.0/8")
    if value is None:
        return None
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        advice = (
            "write an address or a network, as in `10.1.2.3` or `10.0.0.0/8`, with no bits beyond its mask"
        )
        report.add(node, f"`{what}` has {described(node)}: {advice}")
        return None
    if network.prefixlen == 0:
        report.add(node, f"`{what}` has {described(node)}: then anybody could say where they come from")
        return None
    return str(network)


_PLAIN: dict[str, Reader] = {
    "auth": choice("required", "open", "auto"),
    "hosts": _listed("[gateway.example.org]", _host),
    "audit_key": key_place("${AUDIT_KEY}"),
    "trusted_proxies": _listed("[10.0.0.0/8]", _network),
}
ADMIN_KEYS = ("listen", "tls", "oidc", *_PLAIN)
OWN_KEYS = ("oidc", *_PLAIN)
"""Those whose names are used nowhere else at the top level."""
