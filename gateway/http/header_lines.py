"""The lines of a head: those that may not pass are taken out, and what cannot be read in one way is refused.

The rest stays byte for byte. Which lines go depends on their names alone (`headers.Shape`), but for two
kinds: those that a Connection header names, and cookies of the admin API's sessions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.http.headers import FORWARDING, REQUEST_KNOWN, Shape
from gateway.http.strict import Refused

PLAIN_CONNECTION = (b"keep-alive", b"close", b"")

NOT_NOMINATED = REQUEST_KNOWN | FORWARDING | {b"cookie", b"origin", b"transfer-encoding"}
SESSION = b"gateway_session"
SESSIONS = frozenset(prefix + name for prefix in (b"", b"__Host-") for name in (SESSION, SESSION + b"_oidc"))
"""Cookies of the admin API's sessions, and of logins at a provider that are under way.

Browsers send them to every port of a host, services' included.
"""
_FORWARDED = b"x-forwarded-"
_COOKIES = frozenset((b"cookie", b"set-cookie"))
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]*")
_TABBED = re.compile(rb"\r\n(?:content-length|host|expect): *\t", re.IGNORECASE)


def without(block: bytes, name: bytes) -> bytes:
    """Remove every line of a field from a block of header lines.

    The block begins with CR LF and ends with one; `name` is spelled as in the block.
    """
    start = block.find(b"\r\n" + name + b":")
    while start >= 0:
        end = block.index(b"\r\n", start + 2)
        block = block[:start] + block[end:]
        start = block.find(b"\r\n" + name + b":", start)
    return block


def without_sessions(block: bytes) -> bytes:
    """Remove the cookies of the admin API's sessions from a block of header lines, of either direction.

    Other cookies stay byte for byte; a Cookie line that has no other goes. A service neither reads such a
    session nor sets one.
    """
    kept = []
    for line in block.split(b"\r\n"):
        name, _, value = line.partition(b":")
        lower = name.lower()
        if SESSION not in value or lower not in _COOKIES:
            kept.append(line)
        elif lower == b"cookie":
            rest = b";".join([pair for pair in value.split(b";") if not _is_session(pair)])
            if rest.strip():
                kept.append(name + b":" + rest)
        elif not _is_session(value):
            kept.append(line)
    return b"\r\n".join(kept)


def _is_session(pair: bytes) -> bool:
    # A browser gives a cookie without a name back as its value alone: `=name=value` sets `name` as well.
    return pair.lstrip(b" \t=").partition(b"=")[0].strip() in SESSIONS


def passing(block: bytes, shape: Shape, fields: Mapping[bytes, bytes]) -> bytes:
    """Return a block of header lines less those that may not pass; raises Refused as `without_nominated`."""
    for name in shape.removed:
        block = without(block, name)
    if SESSION in block:
        block = without_sessions(block)
    if shape.connection is not None and fields[shape.connection].lower() not in PLAIN_CONNECTION:
        block = without_nominated(block, fields[shape.connection], fields)
    return block


def without_nominated(block: bytes, connection: bytes, fields: Mapping[bytes, bytes]) -> bytes:
    """Remove the fields that a Connection header declares hop-by-hop.

    Raises Refused where it names a field that a proxy must not be talked into removing.
    """
    names = {token.strip(b" \t").lower() for token in connection.split(b",")}
    for name in names:
        if name in NOT_NOMINATED or name.startswith(_FORWARDED):
            raise Refused(400, f"Connection may not name {name.decode('latin-1')}")
        if not _TOKEN.fullmatch(name):
            raise Refused(400, "Connection has an option that is no token")
    for written in fields:
        if written.lower() in names:
            block = without(block, written)
    return block


def no_tabs(head: bytes) -> None:
    """Refuse a head with a tab before a value by which it is framed: nginx takes the tab for a part of it."""
    if _TABBED.search(head):
        raise Refused(400, "there is a tab before the value of Content-Length, Host or Expect")


def repeated(head: bytes) -> dict[bytes, int]:
    """Return how often each field comes, by lower-case name, of those that come more than once."""
    counts: dict[bytes, int] = {}
    for line in head.split(b"\r\n")[1:-2]:
        name = line.partition(b":")[0].lower()
        counts[name] = counts.get(name, 0) + 1
    return {name: count for name, count in counts.items() if count > 1}
