"""Whom a request may ask for: one host with an optional port, in its Host header or an absolute target."""

from __future__ import annotations

import ipaddress
import re

from gateway.http.strict import Refused, RequestLine

_LABEL = rb"[A-Za-z0-9_-]+"
_HOST = re.compile(rb"(?:%b(?:\.%b)*\.?|\[([0-9A-Fa-f:.]+)\])(?::([1-9][0-9]{0,4}))?" % (_LABEL, _LABEL))
_LONGEST_HOST = 255
_HOSTS_REMEMBERED = 256
_hosts_seen: set[bytes] = set()  # good ones; a gateway has few names and every request brings one


def host(value: bytes | None, line: RequestLine) -> bytes:
    """Check the Host header and return the authority to forward: that of an absolute target wins."""
    if value is None:
        if line.is_http11:
            raise Refused(400, "the Host header is missing")
        value = b""
    elif value not in _hosts_seen:
        if not _is_host(value):
            raise Refused(400, "the Host header is not one host with an optional port")
        if len(_hosts_seen) < _HOSTS_REMEMBERED and len(value) < 256:
            _hosts_seen.add(value)
    if line.authority is not None:
        if not _is_host(line.authority):
            raise Refused(400, "the target's authority is not one host with an optional port")
        return line.authority
    return value


def _is_host(value: bytes) -> bool:
    found = _HOST.fullmatch(value)
    if found is None or len(value) > _LONGEST_HOST or int(found[2] or 0) > 65535:
        return False
    return found[1] is None or _is_ipv6(found[1].decode())


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
