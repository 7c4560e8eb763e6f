"""The host that a request asks for: one, plainly written, and the target's own before all."""

from __future__ import annotations

import pytest

from gateway.http.host import host
from gateway.http.strict import Refused, request_line

HTTP11, HTTP10 = request_line(b"GET / HTTP/1.1"), request_line(b"GET / HTTP/1.0")
ABSOLUTE = request_line(b"GET http://target:1/ HTTP/1.1")


@pytest.mark.parametrize(
    "value",
    [b"a", b"a.b-c_d:8080", b"127.0.0.1:1", b"[::1]:443", b"[::1]", b"xn--bcher-kva.example", b"a.b."],
)
def test_good_hosts(value: bytes) -> None:
    """A name or an address, with or without a port; the second time from memory."""
    assert host(value, HTTP11) == value == host(value, HTTP11)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"a b",
        b"a@b",
        b"a/b",
        b"a:b",
        b"a:",
        b"a:123456",
        b"a\\b",
        b"[::1",
        b"\xff",
        b"a#",
        b"a?b",
        b"..",
        b".a",
        b"a..b",
        b"a:0",
        b"a:080",
        b"[:::1]",
        b"[1.2.3.4]",
        b"a" * 256,
    ],
)
def test_bad_hosts(value: bytes) -> None:
    """Each is a 400, every time."""
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            host(value, HTTP11)
        assert refused.value.status == 400


def test_an_empty_host_is_refused_in_every_version() -> None:
    """Also beside an absolute target."""
    for line in (HTTP11, HTTP10, ABSOLUTE):
        with pytest.raises(Refused, match="not one host"):
            host(b"", line)


def test_host_may_be_missing_in_http10_only() -> None:
    """HTTP/1.1 requires it (RFC 9112, 3.2)."""
    assert host(None, HTTP10) == b""
    with pytest.raises(Refused, match="missing"):
        host(None, HTTP11)


def test_the_target_s_authority_wins_over_host() -> None:
    """Both must be good."""
    assert host(b"other", ABSOLUTE) == b"target:1"
    with pytest.raises(Refused):
        host(b"o ther", ABSOLUTE)
    with pytest.raises(Refused, match="authority"):
        host(b"other", request_line(b"GET http://user@a/ HTTP/1.1"))
