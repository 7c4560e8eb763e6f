"""The addresses that the gateway listens on: for requests, the admin side, TLS and preview; none twice."""

from __future__ import annotations

from gateway.routing import fields
from gateway.routing.addresses import Address, parse_address
from gateway.routing.read_tls import PemChecks, read_tls
from gateway.routing.report import Report
from gateway.routing.settings import Tls
from gateway.routing.yaml_nodes import Mapping, Node

DEFAULT_LISTEN = "127.0.0.1:8080"
DEFAULT_ADMIN = "127.0.0.1:9090"


def read_addresses(report: Report, given: dict[str, Node]) -> tuple[Address, Address]:
    """Return where requests and the admin side are listened for; these two must not share a port."""
    listen = _address(report, given, "listen", DEFAULT_LISTEN)
    admin = _address(report, given, "admin", DEFAULT_ADMIN)
    if listen.overlaps(admin):
        node = given.get("admin") or given["listen"]
        tell = "" if "admin" in given and "listen" in given else " (one of them by default)"
        report.add(
            node, f"`listen` and `admin` would both use port {admin.port}{tell}; give them different ports"
        )
    return listen, admin


def _address(report: Report, given: dict[str, Node], key: str, default: str) -> Address:
    found = fields.address(report, given[key], key, default) if key in given else None
    if found is not None:
        return found
    fallback = parse_address(default)
    assert isinstance(fallback, Address)
    return fallback


def tls_listener(report: Report, node: Node, pem: PemChecks, own: dict[str, Address]) -> Tls | None:
    """Return the TLS listener; its address joins the gateway's `own`, none of which it may share."""
    tls, where = read_tls(report, node, pem)
    if tls is None or where is None:
        return tls
    address = parse_address(tls.listen)
    assert isinstance(address, Address)
    _join(report, where, own, "tls", address)
    return tls


def preview_listener(report: Report, given: dict[str, Node], own: dict[str, Address]) -> str:
    """Return the address of the preview listener, empty where there is none.

    A mapping under this key is the preview of the one-route form: the header of its route.
    """
    node = given.get("preview")
    if node is None or isinstance(node, Mapping):
        return ""
    address = fields.address(report, node, "preview", "127.0.0.1:8082")
    if address is None:
        return ""
    _join(report, node, own, "preview", address)
    return str(address)


def _join(report: Report, where: Node, own: dict[str, Address], key: str, address: Address) -> None:
    """Let an address join the gateway's `own`, none of which it may share."""
    for name, taken in own.items():
        if address.overlaps(taken):
            which = name.partition(".")[0]
            report.add(
                where, f"`{key}` and `{which}` would both use port {address.port}; give them different ports"
            )
    own["tls.listen" if key == "tls" else key] = address


def is_listener(key: str, node: Node) -> bool:
    """Tell the `preview` that is an address from the one of a route."""
    return key == "preview" and not isinstance(node, Mapping)
