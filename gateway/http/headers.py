"""Header fields: which pass through untouched, which the gateway looks at, which it removes.

A head that llhttp accepted and `strict` checked is forwarded as it was written, less the lines that may not
pass. Which those are depends on the names alone, so it is worked out once for each set of names that is seen
and remembered, up to a limit: a sender that invents names costs time, not memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
        b"x-forwarded-client-cert",
        b"x-real-ip",
        b"x-request-id",
        b"x-model-version",
    )
)
REQUEST_KNOWN = frozenset(
    (
        b"authorization",
        b"content-length",
        b"content-type",
        b"expect",
        b"host",
        b"sec-websocket-key",
        b"sec-websocket-version",
        b"traceparent",
        b"tracestate",
    )
)
REQUEST_REMOVED = HOP_BY_HOP | FORWARDING
ANSWER_KNOWN = frozenset((b"content-length", b"content-type", b"date"))
ANSWER_REMOVED = HOP_BY_HOP | {b"x-model-version", b"x-request-id"}
BLANKS = b" \t"
"""What may stand around a value without being a part of it (RFC 9110, 5.5)."""
ONLY_ONCE = frozenset(
    (
        b"authorization",
        b"content-length",
        b"content-type",
        b"expect",
        b"host",
        b"sec-websocket-key",
        b"sec-websocket-version",
        b"traceparent",
        b"transfer-encoding",
        b"upgrade",
    )
)
# CGI and its heirs turn signs in names into underscores, and underscores are what they read as hyphens.
_FRAMING_WORDS = frozenset((b"contentlength", b"transferencoding"))
_FRAMING = frozenset((b"content-length", b"transfer-encoding"))
_SIGNS = re.compile(rb"[^a-z0-9]")

_REMEMBERED = 1024
_LONGEST_REMEMBERED = 1024


class Shape:
    """What the names of a head say, whatever its values: computed once for all heads that name the same.

    `spelled` maps the lower-case names that need attention to how they are written here; the attributes
    are the ones that every request needs, None where the head has no such field. `removed` are the names,
    as written, of the lines that may not pass. `encoding` is content-encoding as first written: only the log
    asks for it, so that nothing is refused for its sake.
    """

    __slots__ = (
        "coding",
        "connection",
        "content_type",
        "date",
        "encoding",
        "expect",
        "host",
        "length",
        "looked_at",
        "removed",
        "spelled",
        "traceparent",
        "upgrade",
        "websocket_key",
    )

    def __init__(self, spelled: dict[bytes, bytes], kinds: FieldKinds) -> None:
        self.spelled = spelled
        self.removed = tuple(
            written for name, written in spelled.items() if name in kinds.removed or b"_" in name
        )
        self.looked_at = tuple((name, spelled[name]) for name in kinds.looked_at if name in spelled)
        self.host = spelled.get(b"host")
        self.length = spelled.get(b"content-length")
        self.coding = spelled.get(b"transfer-encoding")
        self.connection = spelled.get(b"connection")
        self.expect = spelled.get(b"expect")
        self.traceparent = spelled.get(b"traceparent")
        self.date = spelled.get(b"date")
        self.content_type = spelled.get(b"content-type")
        self.encoding: bytes | None = None
        self.upgrade = spelled.get(b"upgrade")
        self.websocket_key = spelled.get(b"sec-websocket-key")


class FieldKinds(NamedTuple):
    """Lower-case names of fields: those that may not pass, and those that somebody looks at."""

    removed: frozenset[bytes]
    known: frozenset[bytes]
    looked_at: frozenset[bytes] = frozenset()


class Shapes:
    """Finds the shape of a head. Clients and services send the same names again and again."""

    __slots__ = ("_attention", "_kinds", "_seen")

    def __init__(self, kinds: FieldKinds) -> None:
        self._kinds = kinds
        self._attention = kinds.removed | kinds.known | kinds.looked_at
        self._seen: dict[tuple[bytes, ...], Shape] = {}

    def of(self, fields: Mapping[bytes, bytes]) -> Shape:
        """Return the shape; raises Refused where a field that needs attention comes in two spellings."""
        names = tuple(fields)
        return self._seen.get(names) or self._learn(names)

    def _learn(self, names: tuple[bytes, ...]) -> Shape:
        spelled: dict[bytes, bytes] = {}
        for name in names:
            lower = name.lower()
            if lower not in _FRAMING and _SIGNS.sub(b"", lower) in _FRAMING_WORDS:
                raise Refused(
                    400, f"the header {lower.decode('latin-1')} looks like one that frames the body"
                )
            # With an underscore a name needs attention always: some services read it as a hyphen.
            if lower in self._attention or b"_" in lower:
                if lower in spelled:
                    raise Refused(400, f"the header {lower.decode('latin-1')} comes more than once")
                spelled[lower] = name
        shape = Shape(spelled, self._kinds)
        shape.encoding = next((name for name in names if name.lower() == b"content-encoding"), None)
        if sum(map(len, names)) <= _LONGEST_REMEMBERED:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[names] = shape
        return shape
