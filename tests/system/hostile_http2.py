"""Requests of HTTP/2 that must reach no service, as data: what is wrong, the fields, what becomes of them."""

from __future__ import annotations

from tests.system.http2_client import Fields, request
from tests.system.secure_site import HOST

REFUSED = -1
"""In the place of a status: the stream or the connection ended with an error, and no answer."""


def fields(*pairs: tuple[str, str]) -> Fields:
    """Return fields as they are."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


METHOD, SCHEME, PATH = (":method", "GET"), (":scheme", "https"), (":path", "/one/echo")
AUTHORITY = (":authority", HOST)
HOSTILE: dict[str, tuple[Fields, int]] = {
    "host that differs": (request("/one/echo", ("host", "other.test")), REFUSED),
    "two hosts": (request("/one/echo", ("host", HOST), ("host", HOST)), REFUSED),
    "two authorities": (fields(METHOD, SCHEME, AUTHORITY, AUTHORITY, PATH), REFUSED),
    "no authority": (fields(METHOD, SCHEME, PATH), REFUSED),
    "empty authority": (request("/one/echo", authority=""), REFUSED),
    "userinfo": (request("/one/echo", authority=f"me@{HOST}"), 400),
    "a list of hosts": (request("/one/echo", authority=f"{HOST},other.test"), 400),
    "a path in the authority": (request("/one/echo", authority=f"{HOST}/late"), 400),
    "a blank in the authority": (request("/one/echo", authority=f"{HOST} other"), REFUSED),
    "a line in the authority": (request("/one/echo", authority=f"{HOST}\r\nx: y"), REFUSED),
    "a port that is none": (request("/one/echo", authority=f"{HOST}:80a"), 400),
    "a line in a value": (request("/one/echo", ("x-a", "b\r\nx-c: d")), REFUSED),
    "a request in a value": (request("/one/echo", ("x-a", "b\r\n\r\nGET /late/echo HTTP/1.1")), REFUSED),
    "a bare LF in a value": (request("/one/echo", ("x-a", "b\nx-c: d")), REFUSED),
    "NUL in a value": (request("/one/echo", ("x-a", "b\0")), REFUSED),
    "a colon in a name": (request("/one/echo", ("x-a: b\r\nx-c", "d")), REFUSED),
    "a capital in a name": (request("/one/echo", ("X-A", "b")), REFUSED),
    "an empty name": (request("/one/echo", ("", "b")), REFUSED),
    "an unknown pseudo-field": (request("/one/echo", (":who", "me")), REFUSED),
    "a pseudo-field after others": (fields(METHOD, SCHEME, AUTHORITY, ("x-a", "b"), PATH), REFUSED),
    "a pseudo-field after host": (fields(METHOD, SCHEME, ("host", HOST), PATH), REFUSED),
    "a pseudo-field after te": (fields(METHOD, SCHEME, AUTHORITY, ("te", "trailers"), PATH), REFUSED),
    "two paths": (fields(METHOD, SCHEME, AUTHORITY, PATH, (":path", "/late/echo")), REFUSED),
    "two methods": (fields(METHOD, METHOD, SCHEME, AUTHORITY, PATH), REFUSED),
    "no path": (fields(METHOD, SCHEME, AUTHORITY), REFUSED),
    "a blank in the path": (request("/one/echo HTTP/1.1"), REFUSED),
    "a line in the path": (request("/one/echo HTTP/1.1\r\nhost: x\r\n\r\n"), REFUSED),
    "an absolute path": (request(f"https://{HOST}/one/echo"), REFUSED),
    "a blank in the method": (request("/one/echo", method="GET /late/echo HTTP/1.1\r\nx:"), REFUSED),
    "another scheme": (fields(METHOD, (":scheme", "http"), AUTHORITY, PATH), REFUSED),
    "transfer-encoding": (request("/one/echo", ("transfer-encoding", "chunked")), REFUSED),
    "connection": (request("/one/echo", ("connection", "close")), REFUSED),
    "upgrade": (request("/one/echo", ("upgrade", "websocket")), REFUSED),
    "te": (request("/one/echo", ("te", "gzip")), REFUSED),
    "a length without a body": (request("/one/echo", ("content-length", "5")), REFUSED),
    "two lengths": (request("/one/echo", ("content-length", "0"), ("content-length", "0")), REFUSED),
    "a length that is none": (request("/one/echo", ("content-length", "+0")), REFUSED),
    "CONNECT": (fields((":method", "CONNECT"), (":authority", f"{HOST}:443")), 405),
    "an encoded NUL": (request("/one/echo/%00"), 400),
    "a fragment": (request("/one/echo#late"), 400),
}
