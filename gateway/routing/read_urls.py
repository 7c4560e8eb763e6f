"""The `url` or `urls` of a service that runs elsewhere: `http://host:port`, or https with TLS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gateway.routing.addresses import Address, parse_address
from gateway.routing.report import Report, sequence, shown, text
from gateway.routing.yaml_nodes import Node, Sequence

MAX_URLS = 256
_LONGEST = 300
_PORTS = {"http": 80, "https": 443}
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<userinfo>[^/?#]*@)?(?P<address>[^/?#]*)(?P<rest>.*)"
)

Own = Mapping[str, Address]
"""The gateway's own addresses by the key they are written under."""


def read_urls(report: Report, given: Mapping[str, Node], own: Own) -> tuple[str, ...]:
    """Return the addresses of a service, all http or all https, ports spelled out; none may be in `own`."""
    first: dict[str, int] = {}
    for node in _nodes(report, given):
        url = _url(report, node, own)
        if url is None:
            continue
        if url in first:
            report.add(node, f"`{url}` is listed twice, first on line {first[url]}; keep one of them")
        elif first and is_https(url) != is_https(next(iter(first))):
            report.add(
                node, "the urls of a service must be all http or all https, so that its `tls` has one meaning"
            )
        else:
            first[url] = node.line
    return tuple(first)


def is_https(url: str) -> bool:
    """Tell whether a url asks for TLS."""
    return url.startswith("https:")


def _nodes(report: Report, given: Mapping[str, Node]) -> Iterator[Node]:
    if isinstance(given.get("url"), Sequence):
        report.add(given["url"], "`url` takes one address; write `urls: […]` for several")
    elif "url" in given:
        yield given["url"]
    elif "urls" in given:
        nodes = sequence(report, given["urls"], "urls", "[http://127.0.0.1:9003]") or ()
        if len(nodes) > MAX_URLS:
            report.add(nodes[MAX_URLS], f"there are {len(nodes)} urls; at most {MAX_URLS} are possible")
        else:
            yield from nodes


def _url(report: Report, node: Node, own: Own) -> str | None:
    value = text(report, node, "url", "http://127.0.0.1:9003")
    if value is None:
        return None
    found = parse_url(value)
    if isinstance(found, str):
        report.add(node, f"the url `{shown(value)}` {found}")
        return None
    scheme, address = found
    for which, taken in own.items():
        if address.overlaps(taken):
            own_address = f"is the gateway's own `{which}` address; name the service's"
            report.add(node, f"the url `{shown(value)}` {own_address}")
            return None
    return f"{scheme}://{address}"


def parse_url(value: str) -> tuple[str, Address] | str:
    """Return scheme and address of `http[s]://host[:port]` (else port 80, 443), or what is wrong with it."""
    if len(value) > _LONGEST:
        return "is far too long"
    found = _URL.fullmatch(value)
    if found is None:
        return f"has no scheme: write `http://{value}`"
    scheme = found["scheme"].lower()
    if scheme not in _PORTS:
        return f"must begin with `http://` or `https://`, not `{found['scheme']}://`"
    if found["userinfo"]:
        return "must not carry a user name or password"
    if found["rest"]:
        return (
            f"must end after the port: write `{scheme}://{found['address']}`; the request's path is passed on"
        )
    has_port = re.search(r"(?:\A|\]|[^:\]]):[^:\]]*\Z", found["address"])
    address = parse_address(found["address"] if has_port else f"{found['address']}:{_PORTS[scheme]}")
    if isinstance(address, str):
        return f"cannot be used: {address}"
    if address.port == 0 or address.is_wildcard:
        return "is an address one can listen on but not connect to; name the host and port of the service"
    return scheme, address
