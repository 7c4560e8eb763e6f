"""One message after another, never read beyond its end."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.message import (
    CHUNKED,
    END_OF_HEAD,
    UNTIL_CLOSE,
    AnswerReader,
    MessageReader,
    RequestReader,
)
from gateway.http.strict import Refused

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
UPLOAD = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
DOWNLOAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def read_all(stream: bytes, cuts: list[int]) -> list[tuple[bytes, bytes]]:
    """Read requests as a connection would from a stream cut at these places: (head, body) of each."""
    places = sorted({cut % (len(stream) + 1) for cut in cuts} | {0, len(stream)})
    pieces = [stream[a:b] for a, b in pairwise(places)]
    reader, waiting, found, head, body = RequestReader(), b"", [], b"", b""
    for piece in pieces:
        waiting += piece
        while waiting:
            if not head:
                end = waiting.find(END_OF_HEAD)
                if end < 0:
                    break
                head, waiting = waiting[: end + 4], waiting[end + 4 :]
                reader.read_head(head)
                length = reader.fields.get(b"Content-Length")
                reader.expect(CHUNKED if b"chunked" in head else int(length or 0))
            if not reader.complete and waiting:
                waiting = reader.read_body(waiting)
            body += reader.take()
            if not reader.complete:
                break
            found.append((head, body))
            head = body = b""
    assert (head, waiting) == (b"", b"")
    return found


@st.composite
def requests(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """Draw a request: its head, its body, and the body as it is framed."""
    body = draw(st.text("\r\n0;ab", max_size=40)).encode()
    if draw(st.booleans()):
        framed = body
        field = b"Content-Length: %d\r\n" % len(body)
    else:
        field, framed, rest = b"Transfer-Encoding: chunked\r\n", b"", body
        while rest:
            size = draw(st.integers(1, len(rest)))
            extension = draw(st.sampled_from((b"", b";a=b", b";a")))
            framed += b"%x%b\r\n%b\r\n" % (size, extension, rest[:size])
            rest = rest[size:]
        framed += b"0\r\n" + draw(st.sampled_from((b"", b"t: 1\r\n", b"t: 1\r\nu: 2\r\n"))) + b"\r\n"
    return b"POST /%d HTTP/1.1\r\nHost: a\r\n%b\r\n" % (draw(st.integers(0, 9)), field), body, framed


@given(st.lists(requests(), min_size=1, max_size=4), st.lists(st.integers(0, 2000), max_size=30))
def test_messages_are_the_same_wherever_the_stream_is_cut(
    messages: list[tuple[bytes, bytes, bytes]], cuts: list[int]
) -> None:
    """Pipelined messages keep their bounds, whatever their bodies look like."""
    stream = b"".join(head + framed for head, _, framed in messages)
    assert read_all(stream, cuts) == [(head, body) for head, body, _ in messages]


@given(requests(), requests())
def test_a_message_is_never_read_beyond_its_end(
    first: tuple[bytes, bytes, bytes], second: tuple[bytes, bytes, bytes]
) -> None:
    """What comes in the same piece after the message is returned as it was."""
    head, body, framed = first
    follower = second[0] + second[2]
    reader = RequestReader()
    reader.read_head(head)
    rest = framed + follower
    if not reader.complete:
        reader.expect(CHUNKED if b"chunked" in head else len(body))
        rest = reader.read_body(rest)
    assert reader.complete
    assert (reader.take(), rest) == (body, follower)


@pytest.mark.parametrize("end", range(1, len(UPLOAD)))
def test_every_single_byte_may_come_alone(end: int) -> None:
    """Two pieces, cut anywhere in a head or a chunked body with trailers."""
    stream = UPLOAD + b"3;x\r\nabc\r\n4\r\n\r\n\r\n\r\n0\r\nt: v\r\n\r\n" + GET
    assert read_all(stream, [end, end + 40, end + 41]) == [(UPLOAD, b"abc\r\n\r\n"), (GET, b"")]


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
        b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nX(: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GEX / HTTP/1.1\r\n\r\n",
    ],
)
def test_broken_heads_are_refused(head: bytes) -> None:
    """llhttp objects to each, and the refusal is a 400."""
    with pytest.raises(Refused, match="not HTTP") as refused:
        RequestReader().read_head(head)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"x\r\n",
        b"-1\r\n",
        b"1\nab",
        b"1\r\nab\r\n",
        b"1 \r\na",
        b"0x1\r\na",
        b"f" * 20 + b"\r\n",
        b"\r\n",
        b";a\r\n",
    ],
)
def test_broken_chunks_are_refused(body: bytes) -> None:
    """A size that is no plain hex number, bare line ends, data longer than its size."""
    reader = RequestReader()
    reader.read_head(UPLOAD)
    reader.expect(CHUNKED)
    with pytest.raises(Refused, match="broken body"):
        reader.read_body(body)


@pytest.mark.parametrize("endless", [b"t%d: v\r\n", b"x%d"])
def test_endless_trailers_are_refused(endless: bytes) -> None:
    """They would fill the memory: no body comes of them and no end."""
    reader = RequestReader()
    reader.read_head(UPLOAD)
    reader.expect(CHUNKED)
    reader.read_body(b"1\r\na\r\n0\r\n")
    reader.take()
    with pytest.raises(Refused, match="longer than"):
        read_on(reader, (endless % n for n in range(100_000)))


def read_on(reader: MessageReader, pieces: Iterable[bytes]) -> None:
    """Read one piece of a body after another."""
    for piece in pieces:
        reader.read_body(piece)


def test_an_endless_chunk_extension_is_refused() -> None:
    """It is work without end for no data."""
    reader = RequestReader()
    reader.read_head(UPLOAD)
    reader.expect(CHUNKED)
    reader.read_body(b"1;")
    with pytest.raises(Refused, match="longer than"):
        read_on(reader, (b"a" * 100 for _ in range(100_000)))


def test_small_chunks_may_go_on_for_ever() -> None:
    """The limit is on what is neither data nor its frame."""
    reader = RequestReader()
    reader.read_head(UPLOAD)
    reader.expect(CHUNKED)
    read_on(reader, (b"1\r\na\r\n" for _ in range(10_000)))
    assert reader.take() == b"a" * 10_000


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_stuffing_is_counted_over_the_whole_message(size: int) -> None:
    """However it is spread over chunks and pieces."""
    reader = RequestReader()
    reader.read_head(UPLOAD)
    reader.expect(CHUNKED)
    stream = (b"1;a=" + b"b" * 96 + b"\r\nx\r\n") * 100
    with pytest.raises(Refused, match="longer than"):
        read_on(reader, (stream[at : at + size] for at in range(0, len(stream), size)))


@pytest.mark.parametrize(
    ("head", "keeps_alive"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", True),
    ],
)
def test_whether_the_sender_goes_on_is_known_after_the_head(head: bytes, keeps_alive: bool) -> None:
    """By version and Connection."""
    reader = RequestReader()
    reader.read_head(head)
    assert reader.keeps_alive is keeps_alive


def test_after_an_upgrade_that_nobody_takes_the_next_request_is_read() -> None:
    """The request that asks for it is complete with its head."""
    reader = RequestReader()
    reader.read_head(b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
    assert reader.upgrades
    assert reader.complete
    reader.read_head(GET)
    assert not reader.upgrades
    assert reader.fields == {b"Host": b"a"}


def test_of_repeated_names_the_first_value_counts() -> None:
    """Trailers count as later ones."""
    reader = RequestReader()
    reader.read_head(UPLOAD[:-2] + b"A: 1\r\nA: 2\r\n\r\n")
    reader.expect(CHUNKED)
    reader.read_body(b"0\r\nHost: b\r\nA: 3\r\n\r\n")
    assert (reader.fields[b"A"], reader.fields[b"Host"]) == (b"1", b"a")


def test_an_answer_may_go_on_until_the_connection_closes() -> None:
    """Then every byte is body and the reader never says complete."""
    reader = AnswerReader()
    reader.read_head(b"HTTP/1.1 200 OK\r\n\r\n")
    reader.expect(UNTIL_CLOSE)
    assert reader.read_body(b"HTTP/1.1 200 OK\r\n\r\n") == b""
    assert (reader.take(), reader.complete) == (b"HTTP/1.1 200 OK\r\n\r\n", False)


def test_the_answer_to_head_ends_with_its_head() -> None:
    """After it the next answer is read, whatever length the first spoke of."""
    reader = AnswerReader()
    reader.read_head(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
    reader.skip_body()
    assert reader.complete
    reader.read_head(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    assert (reader.status(), reader.complete) == (404, True)


def test_an_interim_answer_is_a_message_of_its_own() -> None:
    """The next head is the answer proper."""
    reader = AnswerReader()
    reader.read_head(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n")
    assert (reader.status(), reader.complete) == (103, True)
    reader.read_head(DOWNLOAD)
    assert (reader.status(), reader.complete) == (200, False)


def test_a_head_that_llhttp_ends_elsewhere_is_refused() -> None:
    """What we take for a head must be one for llhttp too."""
    with pytest.raises(Refused):
        RequestReader().read_head(b"\r\n\r\n")


def test_a_closed_reader_lets_go_of_its_parser() -> None:
    """They refer to each other; without a cycle memory is freed at once."""
    reader: MessageReader = RequestReader()
    reader.close()
    assert not hasattr(reader, "_parser")
