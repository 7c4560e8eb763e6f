"""Header fields: which pass through untouched, which the gateway looks at, which it removes.

A head that llhttp accepted and `strict` checked is forwarded as it was written, less the lines that may not
pass. Sorting the names is on the request path, so the spelling of every name that needs no attention is
remembered, up to a limit: a sender that invents names costs itself time, not us memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gateway.http.strict import Refused

HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
    )
)
FORWARDING = frozenset(
    (
        b"forwarded",
        b"via",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-real-ip",
        b"x-request-id",
        b"x-model-version",
    )
)
REQUEST_FIELDS = HOP_BY_HOP | FORWARDING | {b"host", b"content-length", b"expect", b"traceparent"}
REQUEST_REMOVED = HOP_BY_HOP | FORWARDING
ANSWER_FIELDS = HOP_BY_HOP | {b"content-length", b"date", b"x-model-version", b"x-request-id"}
ANSWER_REMOVED = HOP_BY_HOP | {b"x-model-version", b"x-request-id"}

NOT_NOMINATED = frozenset((b"authorization", b"host", b"content-length", b"cookie")) | FORWARDING

_REMEMBERED = 4096


class Picked(NamedTuple):
    """Fields of a head that need attention, by lower-case name: their values, and their spelling."""

    values: dict[bytes, bytes]
    spelled: dict[bytes, bytes]


class FieldSorter:
    """Picks out of a parsed head the fields that need attention."""

    __slots__ = ("_attention", "_lower", "_untouched")

    def __init__(self, attention: Iterable[bytes]) -> None:
        self._attention = frozenset(attention)
        self._untouched: set[bytes] = set()
        self._lower: dict[bytes, bytes] = {}

    def pick(self, fields: Mapping[bytes, bytes]) -> Picked:
        """Return what needs attention; raises Refused where one such field comes in two spellings.

        Names with an underscore need it always: some services read them as if it were a hyphen.
        """
        values: dict[bytes, bytes] = {}
        spelled: dict[bytes, bytes] = {}
        known = self._lower
        for name in fields.keys() - self._untouched:
            lower = known.get(name) or self._learn(name)
            if lower:
                if lower in values:
                    raise Refused(400, f"the header {lower.decode('latin-1')} comes more than once")
                values[lower] = fields[name]
                spelled[lower] = name
        return Picked(values, spelled)

    def _learn(self, name: bytes) -> bytes:
        """Return the lower-case name of a field that needs attention, else nothing; remember which it is."""
        lower = name.lower()
        if lower in self._attention or b"_" in lower:
            if len(self._lower) < _REMEMBERED:
                self._lower[name] = lower
            return lower
        if len(self._untouched) < _REMEMBERED:
            self._untouched.add(name)
        return b""


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


def nominated(connection: bytes) -> list[bytes]:
    """Return the lower-case names that a Connection header declares hop-by-hop.

    Raises Refused where it names a field that a proxy must not be talked into removing.
    """
    names = [token.strip(b" \t").lower() for token in connection.split(b",")]
    for name in names:
        if name in NOT_NOMINATED:
            raise Refused(400, f"Connection may not name {name.decode('latin-1')}")
    return names


def repeated(head: bytes) -> dict[bytes, int]:
    """Return how often each field comes, by lower-case name, of those that come more than once."""
    counts: dict[bytes, int] = {}
    for line in head.split(b"\r\n")[1:-2]:
        name = line.partition(b":")[0].lower()
        counts[name] = counts.get(name, 0) + 1
    return {name: count for name, count in counts.items() if count > 1}


ONLY_ONCE = frozenset(
    (b"host", b"content-length", b"transfer-encoding", b"expect", b"content-type", b"traceparent")
)
