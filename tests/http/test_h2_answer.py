"""Answers of HTTP/1.1 as HTTP/2 says them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.framing import LAST_CHUNK, chunk
from gateway.http.h2_answer import AnswerBytes, answer_fields


def test_an_answer_loses_what_belongs_to_its_connection() -> None:
    """Names become lower-case; repeated fields stay repeated; the reason is no more."""
    written = (
        b"HTTP/1.1 200 Fine\r\nSet-Cookie: a=1\r\nset-cookie:b=2\r\nConnection: close\r\nKeep-Alive: 5\r\n"
        b"Transfer-Encoding: chunked\r\nX-Empty:\r\n\r\n"
    )
    assert answer_fields(written, 200) == [
        (b":status", b"200"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"x-empty", b""),
    ]


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=4), st.booleans(), st.data())
def test_an_answer_is_read_however_it_is_written(
    body: list[bytes], chunked: bool, data: st.DataObject
) -> None:
    """In any pieces, with an interim head before it, with a length or in chunks."""
    whole = b"".join(body)
    framing = b"transfer-encoding: chunked" if chunked else b"content-length: %d" % len(whole)
    sent = b"".join(map(chunk, body)) + LAST_CHUNK if chunked else whole
    stream = b"HTTP/1.1 103 \r\na: b\r\n\r\nHTTP/1.1 200 OK\r\n%b\r\n\r\n%b" % (framing, sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    answer, heads, got = AnswerBytes(), [], b""
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        assert not answer.whole or start == len(stream)
        heads += answer.read(stream[start:end], b"GET")
        got, answer.body = got + answer.body, b""
    assert answer.whole
    assert got == whole
    assert [fields[0][1] for fields in heads] == [b"103", b"200"]
    answer.close()


@pytest.mark.parametrize(
    ("method", "head"),
    [
        (b"HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"),
        (b"GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        (b"GET", b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n"),
        (b"GET", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
    ],
)
def test_an_answer_may_end_with_its_head(method: bytes, head: bytes) -> None:
    """Whatever its length says."""
    answer = AnswerBytes()
    assert len(answer.read(head, method)) == 1
    assert (answer.whole, answer.body) == (True, b"")
    answer.close()


def test_what_follows_the_end_is_dropped() -> None:
    """One answer for each stream."""
    answer = AnswerBytes()
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"
    answer.read(head + b"ok" + head, b"GET")
    assert answer.body == b"ok"
    assert answer.read(head + b"no", b"GET") == []
    assert answer.body == b""
    answer.close()
