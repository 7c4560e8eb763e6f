"""The two sides of TLS in routing.yaml: the gateway's own listener, and how a service at https:// is trusted.

Whether the files can be used is asked of the caller (`PemChecks`): this module looks at nothing but the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gateway.routing import fields
from gateway.routing.addresses import Address, parse_address
from gateway.routing.read_settings import Reader, choice, flag, meanings, read_keys, seconds
from gateway.routing.report import Report, described, entries, mapping, sequence, shown, text
from gateway.routing.settings import Certificate, Tls, UpstreamTls
from gateway.routing.yaml_nodes import Mapping, Node

MAX_CERTIFICATES = 1000
_LONGEST_HSTS = 3650
_PAIR = "{cert: certs/site.pem, key: certs/site.key}"
_LISTENER = "{listen: 127.0.0.1:8443, cert: certs/site.pem, key: certs/site.key}"
_PLAIN: dict[str, Reader] = {
    "minimum": choice("1.2", "1.3"),
    "hsts": seconds("s", days=_LONGEST_HSTS),
    "redirect": flag,
    "http2": flag,
}
_KEYS = ("listen", "cert", "key", "certificates", "clients", *_PLAIN)


@dataclass(frozen=True, slots=True)
class PemChecks:
    """What is known of PEM files: None where a file can be used, else a sentence that says why not.

    `certificates` takes the path of certificates (a chain, or authorities); `key` takes the path of a private
    key and that of its certificate, empty where that one has been complained about.
    """

    certificates: Callable[[str], str | None] = lambda _: None
    key: Callable[[str, str], str | None] = lambda _key, _cert: None


UNCHECKED = PemChecks()
"""For callers that have no files beside the text: every file is believed to be there."""


def read_tls(report: Report, node: Node, pem: PemChecks) -> tuple[Tls | None, Node | None]:
    """Return the TLS listener and the node of its address, None where it cannot be read."""
    found = mapping(report, node, "tls", _LISTENER)
    if found is None:
        return None, None
    given = entries(report, found, "`tls`", _KEYS)
    if "listen" not in given:
        report.add(found, "`tls` has no `listen`; say where, such as `listen: 127.0.0.1:8443`")
    listen = (
        fields.address(report, given["listen"], "listen", "127.0.0.1:8443") if "listen" in given else None
    )
    certificates = tuple(_certificates(report, found, given, pem))
    client_ca, required = _clients(report, given["clients"], pem) if "clients" in given else ("", True)
    plain = meanings(report, given, _PLAIN)
    if listen is None:
        return None, None
    return Tls(str(listen), certificates, client_ca, required, **plain), given["listen"]


def _certificates(
    report: Report, node: Mapping, given: dict[str, Node], pem: PemChecks
) -> Iterator[Certificate]:
    """Yield the pairs under `certificates`, or the one that stands directly under `tls`."""
    single = [key for key in ("cert", "key") if key in given]
    if "certificates" not in given:
        if not single:
            report.add(node, f"`tls` has no certificate; add `cert` and `key`, or `certificates: [{_PAIR}]`")
        pairs: list[tuple[Mapping, dict[str, Node]]] = [(node, given)] if single else []
    elif single:
        message = f"`tls` has both `certificates` and `{single[0]}`; move all of them into the list"
        report.add(given[single[0]], message)
        return
    else:
        pairs = list(_listed(report, given["certificates"]))
    for where, keys in pairs:
        cert, key = certificate_pair(report, where, keys, pem)
        if cert and key:
            yield Certificate(cert, key)


def _listed(report: Report, node: Node) -> Iterator[tuple[Mapping, dict[str, Node]]]:
    items = sequence(report, node, "certificates", f"[{_PAIR}]") or ()
    if len(items) > MAX_CERTIFICATES:
        report.add(node, f"there are {len(items)} certificates; at most {MAX_CERTIFICATES} are possible")
        return
    for item in items:
        found = mapping(report, item, "certificates", _PAIR)
        if found is not None:
            given = entries(report, found, "a certificate", ("cert", "key"))
            if given:
                yield found, given


def certificate_pair(
    report: Report, node: Mapping, given: dict[str, Node], pem: PemChecks
) -> tuple[str, str]:
    """Return the paths of a certificate and its key; both are needed, and the files must fit each other."""
    for one, other in (("cert", "key"), ("key", "cert")):
        if one in given and other not in given:
            report.add(
                given[one], f"`{one}` needs `{other}` beside it: a certificate is used with its private key"
            )
    cert = _certificate_file(report, given["cert"], "cert", pem) if "cert" in given else ""
    key = (text(report, given["key"], "key", "certs/site.key") or "") if "key" in given else ""
    reason = pem.key(key, cert) if key and "cert" in given else None
    if reason:
        report.add(given["key"], f"`key` cannot be `{shown(key)}`: {reason}")
    return cert, key


def _certificate_file(report: Report, node: Node, what: str, pem: PemChecks) -> str:
    """Return the path of a file with certificates, empty where it cannot be used."""
    path = text(report, node, what, f"certs/{'site' if what == 'cert' else 'ca'}.pem") or ""
    reason = pem.certificates(path) if path else None
    if reason:
        report.add(node, f"`{what}` cannot be `{shown(path)}`: {reason}")
        return ""
    return path


def _clients(report: Report, node: Node, pem: PemChecks) -> tuple[str, bool]:
    readers: dict[str, Reader] = {"ca": _ca(pem), "required": flag}
    found = read_keys(report, node, "clients", "{ca: certs/clients.pem, required: true}", readers)
    if found is None:
        return "", True
    values, nodes = found
    if "ca" not in nodes:
        report.add(
            node, "`clients` has no `ca`; name the file of the authorities that sign client certificates"
        )
    return values.get("ca", ""), values.get("required", True)


def _ca(pem: PemChecks) -> Reader:
    return lambda report, node, what: _certificate_file(report, node, what, pem) or None


def read_upstream_tls(report: Report, node: Node, pem: PemChecks) -> UpstreamTls:
    """Return how a service at https:// is trusted; what is not given, or wrong, is as usual."""
    readers: dict[str, Reader] = {"ca": _ca(pem), "server_name": _server_name, "verify": flag}
    found = mapping(report, node, "tls", "{ca: certs/internal.pem}")
    if found is None:
        return UpstreamTls()
    given = entries(report, found, "`tls` of a service", ("cert", "key", *readers))
    values: dict[str, Any] = meanings(report, given, readers)
    if values.get("verify") is False and "ca" in given:
        report.add(given["ca"], "`ca` is of no use where `verify` is `false`; keep one of them")
    cert, key = certificate_pair(report, found, given, pem)
    return UpstreamTls(cert=cert, key=key, **values)


def _server_name(report: Report, node: Node, what: str) -> str | None:
    value = text(report, node, what, "models.internal")
    if value is None:
        return None
    found = parse_address(f"{value}:443")
    if isinstance(found, Address):
        return found.host
    report.add(node, f"`{what}` is {described(node)}: write the host name in the service's certificate alone")
    return None
