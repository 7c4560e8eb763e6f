"""HTTP/2 requests as the bytes of HTTP/1.1.

What HTTP/2 carries as separate fields, HTTP/1.1 tells apart by spaces, colons and line ends. So nothing is
written before it is certain that no field holds one where it would change the meaning; then the bytes go the
way of every other request and meet the same checks there. Sources: RFC 9113, 8.1 to 8.5, and RFC 9110.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gateway.http.framing import LAST_CHUNK, chunk

CONNECTION_SPECIFIC = frozenset(
    (b"connection", b"http2-settings", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade")
)
_PSEUDO = frozenset((b":method", b":scheme", b":authority", b":path"))
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_VALUE = re.compile(rb"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
_METHOD = re.compile(rb"[A-Z-]+")
_VISIBLE = re.compile(rb"[!-~]+")
_LENGTH = re.compile(rb"0|[1-9][0-9]{0,17}")
_WITH_BODY = frozenset((b"PATCH", b"POST", b"PUT"))


class Malformed(Exception):
    """The request breaks HTTP/2; its stream is reset and no service hears of it."""


class RequestBytes:
    """One request on its way from HTTP/2 to HTTP/1.1; `method` is known once the head is translated.

    What would complete the request is held back until the stream's end has come: a service never sees a
    whole request that the client then goes on with.
    """

    __slots__ = ("_chunked", "_held", "_length", "_received", "ended", "method")

    def __init__(self) -> None:
        self.method = b""
        self.ended = False
        self._chunked = False
        self._length = self._received = 0
        self._held = b""

    def head(self, fields: Iterable[tuple[bytes, bytes]], ended: bool) -> bytes:
        """Return the head, or what may be sent of it; raises Malformed."""
        pseudo, lines, length = _read_fields(fields)
        self.method = pseudo.get(b":method", b"")
        start = _request_line(pseudo)
        self.ended = ended
        if length is not None:
            self._length = length
            lines.append(b"content-length: %d\r\n" % length)
            if ended and length:
                raise Malformed(f"{length} bytes are announced and none is sent")
        elif not ended:
            self._chunked = True
            lines.append(b"transfer-encoding: chunked\r\n")
        elif self.method in _WITH_BODY:
            lines.append(b"content-length: 0\r\n")
        # One request for each connection that is made up for a stream: nothing can ever follow it.
        head = b"%bconnection: close\r\n%b\r\n" % (start, b"".join(lines))
        if ended or self._chunked or length:
            return head
        self._held = head
        return b""

    def body(self, data: bytes, ended: bool) -> bytes:
        """Return what may be sent of the body once this piece has come; raises Malformed."""
        self.ended = ended
        if self._chunked:
            out = chunk(data) if data else b""
            return out + LAST_CHUNK if ended else out
        self._received += len(data)
        if self._received > self._length or (ended and self._received < self._length):
            raise Malformed(f"{self._received} bytes came where {self._length} were announced")
        if self._received == self._length and not ended:
            self._held += data
            return b""
        held, self._held = self._held, b""
        return held + data


def _read_fields(
    fields: Iterable[tuple[bytes, bytes]],
) -> tuple[dict[bytes, bytes], list[bytes], int | None]:
    """Check every field; return the pseudo-fields, the lines of the others and the content-length."""
    pseudo: dict[bytes, bytes] = {}
    lines: list[bytes] = []
    cookies: list[bytes] = []
    length: int | None = None
    at_front = True
    for name, value in fields:
        if name[:1] == b":":
            if name not in _PSEUDO or name in pseudo or not at_front:
                raise Malformed(f"the pseudo-field {_shown(name)} is unknown, repeated or not at the front")
            pseudo[name] = value
            continue
        at_front = False
        _check_field(name, value)
        if name == b"cookie":
            if value:
                cookies.append(value)  # an empty one says nothing, and would leave a blank at the end
        elif name == b"content-length":
            length = _only_length(length, value)
        elif name == b"host":
            _same_host(pseudo, value)
        elif name != b"te":
            lines.append(b"%b: %b\r\n" % (name, value))
    if cookies:
        lines.append(b"cookie: %b\r\n" % b"; ".join(cookies))
    return pseudo, lines, length


def _only_length(known: int | None, value: bytes) -> int:
    if known is not None or not _LENGTH.fullmatch(value):
        raise Malformed("content-length must come once, as one plain decimal number")
    return int(value)


def _check_field(name: bytes, value: bytes) -> None:
    if not _NAME.fullmatch(name):
        raise Malformed(f"the field name {_shown(name)} is not a token of lower-case letters")
    if not _VALUE.fullmatch(value):
        raise Malformed(f"the field {_shown(name)} has control characters or blanks at an end")
    if name in CONNECTION_SPECIFIC or (name == b"te" and value != b"trailers"):
        raise Malformed(f"the field {_shown(name)} belongs to a connection of HTTP/1.1")


def _same_host(pseudo: dict[bytes, bytes], value: bytes) -> None:
    """Take Host for the authority where there is none; both must say the same."""
    authority = pseudo.setdefault(b":authority", value)
    if authority.lower() != value.lower() or b"host" in pseudo:
        raise Malformed("Host comes twice or differs from :authority")
    pseudo[b"host"] = value


def _request_line(pseudo: dict[bytes, bytes]) -> bytes:
    """Return the request line and Host; raises Malformed."""
    method, path = pseudo.get(b":method", b""), pseudo.get(b":path", b"")
    authority = pseudo.get(b":authority", b"")
    if not _METHOD.fullmatch(method):
        raise Malformed("the method is missing or no word of capital letters")
    if not _VISIBLE.fullmatch(authority):
        raise Malformed("the authority is missing or has characters that no host has")
    if method == b"CONNECT":
        if path or b":scheme" in pseudo:
            raise Malformed("CONNECT has neither a scheme nor a path")
        path = authority
    else:
        if pseudo.get(b":scheme") != b"https":
            raise Malformed("the scheme must be https")
        if not _VISIBLE.fullmatch(path) or (path[:1] != b"/" and path != b"*"):
            raise Malformed("the path is missing, does not begin with / or has characters to be escaped")
    return b"%b %b HTTP/1.1\r\nhost: %b\r\n" % (method, path, authority)


def trailers(fields: Iterable[tuple[bytes, bytes]]) -> None:
    """Check trailer fields, which are not passed on; raises Malformed."""
    for name, value in fields:
        _check_field(name, value)


def _shown(name: bytes) -> str:
    return repr(name[:64])[1:]
