"""HTTP/2 fields as bytes of HTTP/1.1: nothing that is written may be read as anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.h2_translate import Malformed, RequestBytes, trailers
from gateway.http.message import RequestReader

Fields = list[tuple[bytes, bytes]]
GET: Fields = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"a.b"), (b":path", b"/p?q")]
POST: Fields = [(b":method", b"POST"), *GET[1:]]


def head(fields: Fields, ended: bool = True) -> bytes:
    """Translate one head."""
    return RequestBytes().head(fields, ended)


def instead(name: bytes, value: bytes | None, fields: Fields = GET) -> Fields:
    """Return the fields with another value of one, or without it."""
    return [(n, v if n != name else value) for n, v in fields if n != name or value is not None]  # type: ignore[misc]


def test_a_head_is_written_as_http11() -> None:
    """The authority becomes Host; nothing can follow on the connection made up for it."""
    assert head([*GET, (b"accept", b"*/*"), (b"x-empty", b"")]) == (
        b"GET /p?q HTTP/1.1\r\nhost: a.b\r\nconnection: close\r\naccept: */*\r\nx-empty: \r\n\r\n"
    )


def test_cookie_crumbs_are_joined() -> None:
    """HTTP/1.1 has one Cookie field (RFC 9113, 8.2.3)."""
    written = head([*GET, (b"cookie", b"a=1"), (b"x-a", b"1"), (b"cookie", b"b=2")])
    assert written.count(b"cookie") == 1
    assert b"\r\ncookie: a=1; b=2\r\n" in written
    assert b"cookie" not in head([*GET, (b"cookie", b""), (b"cookie", b"")])


def test_te_trailers_is_dropped() -> None:
    """TE may say no more than trailers, and it ends at the next hop anyway."""
    assert b"te:" not in head([*GET, (b"te", b"trailers")])


@pytest.mark.parametrize("host", [b"a.b", b"A.B"])
def test_host_may_repeat_the_authority(host: bytes) -> None:
    """Only one of both is written."""
    assert head([*GET, (b"host", host)]).lower().count(b"host:") == 1


def test_host_stands_in_for_the_authority() -> None:
    """What was HTTP/1.1 before may have Host alone."""
    assert b"\r\nhost: c.d\r\n" in head([*instead(b":authority", None), (b"host", b"c.d")])


def test_connect_is_written_without_its_path() -> None:
    """So the checks of HTTP/1.1 refuse it with 405."""
    assert head([(b":method", b"CONNECT"), (b":authority", b"a.b:443")]).startswith(
        b"CONNECT a.b:443 HTTP/1.1\r\n"
    )


@pytest.mark.parametrize(
    ("fields", "written"),
    [
        (POST, b"content-length: 0\r\n"),
        (GET, b""),
        ([*POST, (b"content-length", b"0")], b"content-length: 0\r\n"),
    ],
)
def test_a_request_without_a_body_says_so(fields: Fields, written: bytes) -> None:
    """Services need not wonder whether a POST has a body."""
    _, _, framing = head(fields).partition(b"connection: close\r\n")
    assert framing == written + b"\r\n"


MALFORMED: dict[str, Fields] = {
    "no method": instead(b":method", None),
    "empty method": instead(b":method", b""),
    "method with space": instead(b":method", b"GET /admin HTTP/1.1\r\nx:"),
    "method in small letters": instead(b":method", b"get"),
    "no scheme": instead(b":scheme", None),
    "plain scheme": instead(b":scheme", b"http"),
    "scheme with more": instead(b":scheme", b"https://a/?"),
    "no path": instead(b":path", None),
    "empty path": instead(b":path", b""),
    "path with space": instead(b":path", b"/ HTTP/1.1\r\nhost: b\r\n\r\nGET /x"),
    "path with tab": instead(b":path", b"/\tx"),
    "path with NUL": instead(b":path", b"/\x00"),
    "path with raw bytes": instead(b":path", b"/\xc3\xa9"),
    "path is a URL": instead(b":path", b"https://b/"),
    "path without a slash": instead(b":path", b"x"),
    "no authority": instead(b":authority", None),
    "empty authority": instead(b":authority", b""),
    "authority with space": instead(b":authority", b"a b"),
    "authority with line end": instead(b":authority", b"a\r\nx: y"),
    "pseudo-field twice": [*GET, (b":path", b"/")],
    "pseudo-field after others": [*GET[:3], (b"accept", b"a"), GET[3]],
    "pseudo-field after a cookie": [*GET[:3], (b"cookie", b"a"), GET[3]],
    "pseudo-field after a length": [*GET[:3], (b"content-length", b"0"), GET[3]],
    "pseudo-field after host": [GET[0], GET[1], GET[3], (b"host", b"a"), (b":authority", b"b")],
    "unknown pseudo-field": [*GET, (b":protocol", b"websocket")],
    "status": [*GET, (b":status", b"200")],
    "just a colon": [*GET, (b":", b"x")],
    "extended CONNECT": [(b":method", b"CONNECT"), *GET[1:]],
    "host differs": [*GET, (b"host", b"c.d")],
    "host twice": [*GET, (b"host", b"a.b"), (b"host", b"a.b")],
    "empty name": [*GET, (b"", b"x")],
    "capital": [*GET, (b"X-a", b"1")],
    "name with colon": [*GET, (b"a:b", b"1")],
    "name with line end": [*GET, (b"a\r\nb", b"1")],
    "name with space": [*GET, (b"a b", b"1")],
    "raw name": [*GET, (b"\xe9", b"1")],
    "CR LF in a value": [*GET, (b"a", b"1\r\ntransfer-encoding: chunked")],
    "CR in a value": [*GET, (b"a", b"1\r2")],
    "LF in a value": [*GET, (b"a", b"1\n2")],
    "NUL in a value": [*GET, (b"a", b"1\x002")],
    "DEL in a value": [*GET, (b"a", b"1\x7f2")],
    "LF at the end of a value": [*GET, (b"a", b"1\n")],
    "value begins with a blank": [*GET, (b"a", b" 1")],
    "value ends with a tab": [*GET, (b"a", b"1\t")],
    "LF in a cookie": [*GET, (b"cookie", b"a\nb")],
    "connection": [*GET, (b"connection", b"keep-alive")],
    "keep-alive": [*GET, (b"keep-alive", b"1")],
    "proxy-connection": [*GET, (b"proxy-connection", b"close")],
    "transfer-encoding": [*GET, (b"transfer-encoding", b"chunked")],
    "upgrade": [*GET, (b"upgrade", b"h2c")],
    "http2-settings": [*GET, (b"http2-settings", b"a")],
    "te": [*GET, (b"te", b"gzip")],
    "length twice": [*POST, (b"content-length", b"0"), (b"content-length", b"0")],
    "length as a list": [*POST, (b"content-length", b"0, 0")],
    "signed length": [*POST, (b"content-length", b"+0")],
    "hex length": [*POST, (b"content-length", b"0x0")],
    "length with zeros": [*POST, (b"content-length", b"00")],
    "empty length": [*POST, (b"content-length", b"")],
    "huge length": [*POST, (b"content-length", b"1" * 30)],
    "length and no body": [*POST, (b"content-length", b"5")],
}


@pytest.mark.parametrize("fields", MALFORMED.values(), ids=MALFORMED)
def test_what_http2_forbids_is_not_written(fields: Fields) -> None:
    """Each would change its meaning, or has none, in HTTP/1.1."""
    with pytest.raises(Malformed):
        head(fields)


def test_a_body_without_a_length_is_chunked() -> None:
    """Its last chunk is written when the stream has ended, not before."""
    request = RequestBytes()
    written = request.head(POST, False) + request.body(b"abc", False) + request.body(b"", False)
    assert written.endswith(b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
    assert request.body(b"d", True) == b"1\r\nd\r\n0\r\n\r\n"


def test_a_whole_body_is_held_back_until_the_stream_ends() -> None:
    """The service never sees a whole request that the client then goes on with."""
    request = RequestBytes()
    request.head([*POST, (b"content-length", b"4")], False)
    assert request.body(b"ab", False) == b"ab"
    assert request.body(b"cd", False) == b""
    assert request.body(b"", True) == b"cd"


def test_an_empty_body_is_held_back_with_its_head() -> None:
    """A length of 0 completes the request with its head."""
    request = RequestBytes()
    assert request.head([*POST, (b"content-length", b"0")], False) == b""
    assert request.body(b"", True).startswith(b"POST ")


@pytest.mark.parametrize(
    ("pieces", "ended"), [([b"abc"], True), ([b"abcde"], False), ([b"abcd", b"e"], True)]
)
def test_a_body_of_another_length_is_malformed(pieces: list[bytes], ended: bool) -> None:
    """Too short or too long: what was announced decides."""
    request = RequestBytes()
    request.head([*POST, (b"content-length", b"4")], False)
    for piece in pieces[:-1]:
        request.body(piece, False)
    with pytest.raises(Malformed):
        request.body(pieces[-1], ended)


def test_trailers_are_held_to_the_same() -> None:
    """They are not passed on, but a broken one breaks the request."""
    trailers([(b"x-sum", b"1")])
    for name, value in ((b":path", b"/"), (b"a\n", b"1"), (b"a", b"1\n"), (b"connection", b"close")):
        with pytest.raises(Malformed):
            trailers([(name, value)])


some_bytes = st.one_of(
    st.binary(max_size=12),
    st.text("ab-_/?:; \t\r\n\x00%GETHP1.", max_size=12).map(str.encode),
    st.sampled_from([b"https", b"GET", b"POST", b"/", b"a.b", b"close", b"chunked", b"0", b"5"]),
)
names = st.one_of(
    st.sampled_from([b":method", b":scheme", b":authority", b":path", b"host", b"cookie", b"content-length"]),
    st.sampled_from([b"te", b"connection", b"transfer-encoding", b"upgrade", b"expect", b"x-a"]),
    some_bytes,
)


@given(st.lists(st.tuples(names, some_bytes), max_size=6), st.booleans(), st.booleans())
def test_whatever_is_written_is_one_request(more: Fields, with_good: bool, ended: bool) -> None:
    """llhttp reads exactly one head, with the fields that were given and not one more."""
    fields = [*GET, *more] if with_good else more
    try:
        written = head(fields, ended)
    except Malformed:
        return
    if not written:
        return  # held back
    assert written.count(b"\r\n\r\n") == 1
    lines = written[:-4].split(b"\r\n")
    assert all(line.strip(b" \t") == line or line.endswith(b": ") for line in lines)
    reader = RequestReader()
    reader.read_head(written)
    given_names = {name for name, _ in fields if name[:1] != b":" and name != b"te"}
    assert set(reader.fields) <= given_names | {
        b"host",
        b"connection",
        b"content-length",
        b"transfer-encoding",
    }
    assert len(lines[0].split(b" ")) == 3
    reader.close()


@given(st.lists(st.binary(max_size=20), max_size=5), st.booleans())
def test_a_body_is_written_as_it_came(pieces: list[bytes], with_length: bool) -> None:
    """However it is cut, the reader of HTTP/1.1 gets the same bytes, and is complete only at the end."""
    body = b"".join(pieces)
    fields = [*POST, (b"content-length", b"%d" % len(body))] if with_length else POST
    request = RequestBytes()
    written = [request.head(fields, False), *(request.body(piece, False) for piece in pieces)]
    before, last = b"".join(written), request.body(b"", True)
    whole = before + last
    end = whole.index(b"\r\n\r\n") + 4
    reader = RequestReader()
    reader.read_head(whole[:end])
    reader.expect(len(body) if with_length else -1)
    if before:
        reader.read_body(before[end:])
        assert not reader.complete
    assert reader.read_body(whole[max(end, len(before)) :]) == b""
    assert reader.complete
    assert reader.take() == body
    reader.close()
