"""What a request head must be before any service hears of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.message import RequestReader
from gateway.http.strict import (
    MAX_HEAD,
    MAX_TARGET,
    METHODS,
    Refused,
    RequestLine,
    content_length,
    partial_head,
    request_line,
    transfer_encoding,
)


def line_of(target: bytes, method: bytes = b"GET", version: bytes = b"HTTP/1.1") -> RequestLine:
    """Return the checked request line of a target."""
    return request_line(b"%b %b %b" % (method, target, version))


@pytest.mark.parametrize(
    ("given_target", "target", "path"),
    [
        (b"/", b"/", b"/"),
        (b"/a/b?c=/../d%20e", b"/a/b?c=/../d%20e", b"/a/b"),
        (b"/a/./b/../c", b"/a/c", b"/a/c"),
        (b"//a///b/", b"/a/b/", b"/a/b/"),
        (b"/a/.", b"/a/", b"/a/"),
        (b"/a/b/..", b"/a/", b"/a/"),
        (b"/.well-known/x", b"/.well-known/x", b"/.well-known/x"),
        (b"/a..b/...", b"/a..b/...", b"/a..b/..."),
        (b"/a%2Fb%5cc", b"/a%2Fb%5cc", b"/a%2Fb%5cc"),
        (b"/a%252Fb?c=%0A", b"/a%252Fb?c=%0A", b"/a%252Fb"),
        (b"/a;v=1/b", b"/a;v=1/b", b"/a;v=1/b"),
        (b"/%7Euser", b"/%7Euser", b"/%7Euser"),
    ],
)
def test_what_is_matched_is_what_is_forwarded(given_target: bytes, target: bytes, path: bytes) -> None:
    """Plain dot segments and doubled slashes are gone from both; everything else stays as written."""
    line = line_of(given_target)
    assert (line.target, line.path) == (target, path)
    assert line.authority is None


@pytest.mark.parametrize(
    "target",
    [
        b"",
        b"a",
        b"*",
        b"/a#b",
        b"/a\tb",
        b"/\x00",
        b"/\xc3\xa4",
        b"/a\\b",
        b'/a"b',
        b"/<a>",
        b"/{a}",
        b"/a^b`|",
        b"/%",
        b"/%1",
        b"/%zz",
        b"/%00",
        b"/?%0",
        b"/?a=%00",
        b"/..",
        b"/a/../../b",
        b"/%2e%2e/a",
        b"/a/%2E",
        b"/a/.%2e/b",
        b"/a%2f..%2fb",
        b"/a/..%5cb",
        b"/a/..;/b",
        b"/a/.;x=1/b",
        b"/a/../b%2fc",
        b"/a/..%3b/b",
        b"/%252e%252e/a",
        b"/a/..%25252fb",
        b"/%c0%ae%c0%ae/a",
        b"/a%0d%0ab",
        b"/%7f",
        b"https://a/",
        b"ftp://a/",
        b"http://",
        b"http:///a",
        b"a:80",
    ],
)
def test_targets_that_two_readers_could_take_differently_are_refused(target: bytes) -> None:
    """Each is a 400."""
    with pytest.raises(Refused) as refused:
        line_of(target)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET /", 400),
        (b"GET  / HTTP/1.1", 400),
        (b"GET / HTTP/1.1 ", 400),
        (b" GET / HTTP/1.1", 400),
        (b"GET /a b HTTP/1.1", 400),
        (b"\nGET / HTTP/1.1", 400),
        (b"\rGET / HTTP/1.1", 400),
        (b"get / HTTP/1.1", 400),
        (b"G(T / HTTP/1.1", 400),
        (b"GET / HTTP/2.0", 505),
        (b"GET / HTTP/0.9", 505),
        (b"GET / HTTP/1.2", 505),
        (b"GET / http/1.1", 505),
        (b"OPTIONS / RTSP/1.0", 505),
        (b"GET / HTTP/2", 505),
        (b"GET / HTTP/1,1", 400),
        (b"GET / nonsense", 400),
        (b"GEX / HTTP/1.1", 501),
        (b"GET /" + b"a" * 20_000, 414),
        (b"CONNECT a:80 HTTP/1.1", 405),
        (b"TRACE / HTTP/1.1", 405),
        (b"GET /" + b"a" * MAX_TARGET + b" HTTP/1.1", 414),
    ],
)
def test_request_lines_that_are_refused(line: bytes, status: int) -> None:
    """Each with the status that says why."""
    with pytest.raises(Refused) as refused:
        request_line(line)
    assert refused.value.status == status


def test_the_longest_target_passes() -> None:
    """The limit itself is allowed."""
    target = b"/" + b"a" * (MAX_TARGET - 1)
    assert line_of(target).target == target


@pytest.mark.parametrize("method", [b"GET", b"POST", b"PATCH", b"M-SEARCH", b"PROPFIND"])
def test_a_method_passes_as_it_is(method: bytes) -> None:
    """Whatever llhttp knows, but CONNECT and TRACE, is the service's business."""
    assert line_of(b"/", method).method == method


def test_versions() -> None:
    """1.0 and 1.1 are told apart."""
    assert line_of(b"/").is_http11
    assert not line_of(b"/", version=b"HTTP/1.0").is_http11


@pytest.mark.parametrize(
    ("target", "forwarded", "authority"),
    [
        (b"http://a.b:80/c?d", b"/c?d", b"a.b:80"),
        (b"HTTP://a", b"/", b"a"),
        (b"http://a?b", b"/?b", b"a"),
        (b"http://a/b/../c", b"/c", b"a"),
    ],
)
def test_an_absolute_target_brings_its_own_authority(
    target: bytes, forwarded: bytes, authority: bytes
) -> None:
    """Only its path and query are forwarded."""
    line = line_of(target)
    assert (line.target, line.authority) == (forwarded, authority)


@given(st.text("/.ab%2eE;\\?", max_size=12).map(lambda text: b"/" + text.encode()))
def test_no_accepted_path_has_a_dot_segment_in_any_reading(target: bytes) -> None:
    """Not even after its escapes are decoded, backslashes taken for slashes and parameters cut off."""
    try:
        path = line_of(target).path
    except Refused:
        return
    decoded = path.lower().replace(b"%2f", b"/").replace(b"%5c", b"/").replace(b"%2e", b".")
    for segment in decoded.split(b"/"):
        assert segment.partition(b";")[0] not in (b".", b"..")
    assert b"//" not in path


@given(st.lists(st.sampled_from((b"a", b"b", b".", b"..", b"")), max_size=8))
def test_normalising_twice_changes_nothing(segments: list[bytes]) -> None:
    """So a service that normalises too sees the same path."""
    try:
        path = line_of(b"/" + b"/".join(segments)).path
    except Refused:
        return
    assert line_of(path).path == path


HTTP11, HTTP10 = line_of(b"/"), line_of(b"/", version=b"HTTP/1.0")
ABSOLUTE = line_of(b"http://target:1/")


def test_every_method_is_one_that_llhttp_knows() -> None:
    """Else the reader would refuse with 400 what the list lets pass."""
    for method in METHODS:
        reader = RequestReader()
        reader.read_head(method + b" / HTTP/1.1\r\nHost: a\r\n\r\n")


@pytest.mark.parametrize(("value", "length"), [(b"0", 0), (b"7", 7), (b"9" * 18, 10**18 - 1)])
def test_plain_lengths(value: bytes, length: int) -> None:
    """Decimal digits up to the largest that fits."""
    assert content_length(value) == length


@pytest.mark.parametrize(
    "value", [b"", b"+1", b"-1", b" 1", b"1 ", b"1,1", b"0x1", b"1_0", b"01", b"1" * 19, "٣".encode()]
)
def test_lengths_that_others_could_read_differently(value: bytes) -> None:
    """Each is a 400."""
    with pytest.raises(Refused) as refused:
        content_length(value)
    assert refused.value.status == 400


def test_one_chunked_on_http11_is_the_only_transfer_encoding() -> None:
    """In any case of letters."""
    transfer_encoding(b"Chunked", HTTP11, has_length=False)


@pytest.mark.parametrize(
    ("value", "line", "has_length", "status"),
    [
        (b"chunked", HTTP11, True, 400),
        (b"chunked", HTTP10, False, 400),
        (b"gzip, chunked", HTTP11, False, 501),
        (b"chunked, chunked", HTTP11, False, 501),
        (b"identity", HTTP11, False, 501),
        (b"\x0bchunked", HTTP11, False, 501),
        (b"", HTTP11, False, 501),
    ],
)
def test_other_transfer_encodings(value: bytes, line: RequestLine, has_length: bool, status: int) -> None:
    """Refused, with the status that says why."""
    with pytest.raises(Refused) as refused:
        transfer_encoding(value, line, has_length=has_length)
    assert refused.value.status == status


HEAD = b"POST /a HTTP/1.1\r\nHost: a\r\nX-A: b\r\nContent-Length: 3\r\n\r\n"


@pytest.mark.parametrize("end", range(1, len(HEAD)))
def test_no_part_of_a_good_head_is_refused(end: int) -> None:
    """Wherever the network cuts it."""
    partial_head(HEAD[:end])


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\nHost", b"GET / HTTP/1.1\n", b"GET /\rX", b"\n", b"a\r\nb\n", b"a\r\r"]
)
def test_a_bare_line_end_is_refused_before_the_head_is_whole(data: bytes) -> None:
    """It can become no good head any more."""
    with pytest.raises(Refused, match="CR LF") as refused:
        partial_head(data)
    assert refused.value.status == 400


def test_a_head_that_grows_too_long_is_refused_before_its_end() -> None:
    """431 for the whole, 414 for the target alone."""
    with pytest.raises(Refused) as refused:
        partial_head(b"GET / HTTP/1.1\r\nX: " + b"a" * MAX_HEAD)
    assert refused.value.status == 431
    with pytest.raises(Refused) as refused:
        partial_head(b"GET /" + b"a" * (MAX_TARGET + 100))
    assert refused.value.status == 414


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: a", 505),
        (b"\x16\x03\x01", 400),
        (b"\x80", 400),
        (b"{", 400),
        (b"\r\n{", 400),
        (b"GET / HTTP/1.1\r\nA: \0", 400),
    ],
)
def test_what_can_become_no_request_is_refused_at_once(data: bytes, status: int) -> None:
    """Nobody waits for the end of a head that is none."""
    with pytest.raises(Refused) as refused:
        partial_head(data)
    assert refused.value.status == status


@pytest.mark.parametrize("data", [b"\r", b"\r\n", b"\r\nGET", b"G", b"GET / HTTP/1.1\r"])
def test_one_empty_line_may_come_first(data: bytes) -> None:
    """And any part of a good request."""
    partial_head(data)
