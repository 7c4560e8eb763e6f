"""What a request head must be before any service hears of it.

llhttp has already parsed the head; these checks are stricter than it is and decide alone. Each raises
`Refused` with the status and a sentence that names the mistake. Sources: RFC 9110 and RFC 9112.
"""

from __future__ import annotations

import re

MAX_HEAD = 32 * 1024
MAX_TARGET = 8 * 1024
MAX_FIELDS = 100

METHODS = frozenset(
    b"ACL BIND CHECKOUT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE "
    b"NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE "
    b"UNBIND UNLINK UNLOCK UNSUBSCRIBE".split()
)
"""What llhttp knows, less CONNECT and TRACE."""

_BESIDES_TARGET = 64
_METHOD = re.compile(rb"[A-Z]+(?:-[A-Z]+)?")  # llhttp skips line ends before it
_VERSION = re.compile(rb"[A-Za-z]+/[0-9]+(?:\.[0-9]+)?")
_TARGET = re.compile(rb"[!$-;=?-\[\]_a-z~]+")  # visible ASCII less " # < > \ ^ ` { | }
_PATH = rb"/[!$&-:=@-\[\]_a-z~]*"
_QUERY = rb"[!$&-;=?-\[\]_a-z~]*"
# A request line with nothing that needs a second look: no escape, no parameter.
_PLAIN = re.compile(rb"([A-Z]+(?:-[A-Z]+)?) ((%b)(?:\?%b)?) HTTP/1\.([01])" % (_PATH, _QUERY))
_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})|%00")
# Encoded control characters, which services write into heads, and bytes that only overlong UTF-8 has.
_UNSAFE_ESCAPE = re.compile(rb"%(?:[01][0-9a-f]|7f|c[01])", re.IGNORECASE)
# However often they are encoded: some services decode until nothing is left.
_SEPARATOR = re.compile(rb"%(?:25)*(?:2f|5c)", re.IGNORECASE)
_HIDDEN_DOTS = re.compile(rb"(?:^|[/\\])(?:\.|%(?:25)*2e){1,2}(?:[/\\;]|%(?:25)*3b|$)", re.IGNORECASE)
_ZERO = 0x30
# A CR that ends the data may yet get its LF.
_BROKEN = re.compile(rb"\r(?!\n|\Z)|(?<!\r)\n|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ABSOLUTE = re.compile(rb"http://([^/?]+)(.*)", re.IGNORECASE)


class Refused(Exception):
    """The request breaks a rule; answered with `status` and `detail`, then the connection is closed.

    `limit` is the name in routing.yaml of the limit that it goes beyond, if it is one.
    """

    def __init__(self, status: int, detail: str, limit: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.limit = limit


class RequestLine:  # compiled, one is made and read faster than a named tuple
    """A request line whose target is known to be safe; `authority` is set by an absolute target only."""

    __slots__ = ("authority", "is_http11", "method", "path", "target")

    def __init__(
        self, method: bytes, target: bytes, path: bytes, is_http11: bool, authority: bytes | None = None
    ) -> None:
        self.method = method
        self.target = target
        self.path = path
        self.is_http11 = is_http11
        self.authority = authority

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RequestLine) and self._parts() == other._parts()

    def _parts(self) -> tuple[bytes, bytes, bytes, bool, bytes | None]:
        return self.method, self.target, self.path, self.is_http11, self.authority


def request_line(line: bytes, max_target: int = MAX_TARGET) -> RequestLine:
    """Split and check `METHOD SP target SP HTTP/1.x`; plain dot segments and double slashes are removed."""
    plain = _PLAIN.fullmatch(line)
    if plain is not None:
        method, target, path, minor = plain.groups()
        if method in METHODS and len(target) <= max_target and b"/." not in path and b"//" not in path:
            return RequestLine(method, target, path, minor == b"1")
    return _second_look(line, max_target)


def _second_look(line: bytes, max_target: int) -> RequestLine:
    """Say what is wrong with a line that is not plain, or what its target comes to."""
    method, target, is_http11 = _words(line, max_target)
    authority = None
    if target[:1] != b"/":
        if target == b"*" and method == b"OPTIONS":
            return RequestLine(method, target, b"/", is_http11)
        target, authority = _absolute(target)
    if not _TARGET.fullmatch(target):
        raise Refused(400, "the target has a character that must be percent-encoded")
    end = target.find(b"?")
    path = target if end < 0 else target[:end]
    if b"%" in target or b";" in path or b"/." in path or b"//" in path:
        path = _checked_path(target, path)
        target = path if end < 0 else path + target[end:]
    return RequestLine(method, target, path, is_http11, authority)


def _words(line: bytes, max_target: int) -> tuple[bytes, bytes, bool]:
    """Return method, target and whether it is HTTP/1.1; of the target only the length is checked."""
    if len(line) > max_target + _BESIDES_TARGET:
        raise _too_long(max_target)
    parts = line.split(b" ")
    if len(parts) != 3:
        raise Refused(400, "the request line must be METHOD, target and version, one space between them")
    method, target, version = parts
    if not _METHOD.fullmatch(method):
        raise Refused(400, "the method must be a word of capital letters at the very beginning")
    if version != b"HTTP/1.1" and version != b"HTTP/1.0":
        status = 505 if _VERSION.fullmatch(version) else 400
        raise Refused(status, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    if method not in METHODS:
        if method == b"CONNECT" or method == b"TRACE":
            raise Refused(405, f"{method.decode()} is not allowed")
        raise Refused(501, "the method is not one that anybody has registered")
    if len(target) > max_target:
        raise _too_long(max_target)
    return method, target, version == b"HTTP/1.1"


def _too_long(max_target: int) -> Refused:
    return Refused(414, f"the target is longer than {max_target} bytes", "url")


def _absolute(target: bytes) -> tuple[bytes, bytes]:
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise Refused(400, "the target must begin with / or be an absolute http:// address")
    rest = absolute[2]
    return (rest if rest.startswith(b"/") else b"/" + rest), absolute[1]


def _checked_path(target: bytes, path: bytes) -> bytes:
    if _ESCAPE.search(target):
        raise Refused(400, "the target has a broken percent-escape or an encoded NUL")
    if _UNSAFE_ESCAPE.search(path):
        raise Refused(400, "the path has an encoded control character or overlong UTF-8")
    if _HIDDEN_DOTS.search(_SEPARATOR.sub(b"/", path)) and not _only_plain_dots(path):
        raise Refused(400, "the path hides a dot segment behind an escape or a parameter")
    return _without_dots(path)


def _only_plain_dots(path: bytes) -> bool:
    """Tell whether every dot segment stands plainly between slashes: `/./`, `/../`."""
    if _SEPARATOR.search(path):
        return False
    return all(segment in (b".", b"..") or not _HIDDEN_DOTS.search(segment) for segment in path.split(b"/"))


def _without_dots(path: bytes) -> bytes:
    """Remove dot segments and empty segments (RFC 3986, 5.2.4); going above the root is refused."""
    if b"//" not in path and b"/." not in path:
        return path
    kept: list[bytes] = []
    segments = path.split(b"/")[1:]
    for segment in segments:
        if segment == b"..":
            if not kept:
                raise Refused(400, "the path climbs above the root")
            kept.pop()
        elif segment not in (b"", b"."):
            kept.append(segment)
    folder = segments[-1] in (b"", b".", b"..") and bool(kept)
    return b"/" + b"/".join(kept) + (b"/" if folder else b"")


def content_length(value: bytes) -> int:
    """Return a Content-Length; only plain decimal digits count."""
    if not value.isdigit() or len(value) > 18 or (value[0] == _ZERO and len(value) > 1):
        raise Refused(400, "Content-Length must be one plain decimal number")
    return int(value)


def transfer_encoding(value: bytes, line: RequestLine, *, has_length: bool) -> None:
    """Accept exactly one `chunked`, on HTTP/1.1, without a Content-Length."""
    if has_length:
        raise Refused(400, "Content-Length and Transfer-Encoding may not stand together")
    if not line.is_http11:
        raise Refused(400, "Transfer-Encoding is not part of HTTP/1.0")
    if value.lower() != b"chunked":
        raise Refused(501, "the only transfer encoding spoken here is chunked")


def partial_head(data: bytes, seen: int = 0, max_head: int = MAX_HEAD, max_target: int = MAX_TARGET) -> None:
    """Refuse a head that can no longer become a good one, before its end has come.

    The first `seen` bytes were fair already, so that a head that comes in small pieces costs little.
    """
    start = 2 if data[:2] == b"\r\n" else 0  # one empty line may come before a request
    end = data.find(b"\r\n", start)
    if (len(data) if end < 0 else end) - start > max_target + _BESIDES_TARGET:
        raise _too_long(max_target)
    if len(data) - start > max_head:
        raise Refused(431, f"the head is longer than {max_head} bytes", "head")
    if _BROKEN.search(data, max(seen - 1, start)):
        raise Refused(400, "lines must end with CR LF and hold no control characters")
    if end >= 0:
        if seen < end + 2:
            request_line(data[start:end], max_target)
    elif len(data) > start and data[start:] != b"\r" and not data[start : start + 1].isupper():
        raise Refused(400, "that is no method: this port speaks plain HTTP/1.1")
