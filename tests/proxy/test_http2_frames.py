"""Frames cut out of a stream of bytes, and what is refused before it is read."""

from __future__ import annotations

import pytest
from h2.connection import H2Connection
from h2.events import ConnectionTerminated
from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.http2_frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    ENHANCE_YOUR_CALM,
    FRAME_SIZE_ERROR,
    HEADERS,
    MAX_FRAME,
    MOST_CONTINUATIONS,
    PING,
    PREFACE,
    PROTOCOL_ERROR,
    Broken,
    Frame,
    FrameReader,
    goaway,
)
from tests.proxy.http2_talk import frame

BLOCK = 1000


def begun() -> FrameReader:
    """Return a reader that has had the preface."""
    reader = FrameReader(BLOCK)
    assert reader.read(PREFACE) == []
    assert not reader.is_midway
    return reader


@given(st.lists(st.tuples(st.integers(0, 20), st.binary(max_size=40)), max_size=6), st.data())
def test_frames_are_found_however_they_come(wanted: list[tuple[int, bytes]], data: st.DataObject) -> None:
    """The cuts of the network are not those of frames; not even the preface comes in one piece."""
    wanted = [(kind, content) for kind, content in wanted if kind not in (HEADERS, CONTINUATION)]
    stream = PREFACE + b"".join(frame(kind, 5, 7, content) for kind, content in wanted)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader, got = FrameReader(BLOCK), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += reader.read(stream[start:end])
    assert got == [Frame(kind, 5, 7, len(content), frame(kind, 5, 7, content)) for kind, content in wanted]
    assert not reader.is_midway


@pytest.mark.parametrize("begin", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01", b"PRI * HTTP/2.0\r\n\r\nXX"])
def test_another_protocol_is_refused_at_once(begin: bytes) -> None:
    """The first byte that differs is enough."""
    with pytest.raises(Broken) as refused:
        FrameReader(BLOCK).read(begin)
    assert refused.value.code == PROTOCOL_ERROR


def test_a_long_frame_is_refused_by_its_head() -> None:
    """Not one byte of it is waited for."""
    with pytest.raises(Broken) as refused:
        begun().read((MAX_FRAME + 1).to_bytes(3, "big") + bytes(6))
    assert refused.value.code == FRAME_SIZE_ERROR


def test_a_client_in_the_middle_of_something_is_known() -> None:
    """Of the preface, of a frame, or of a block of headers."""
    assert FrameReader(BLOCK).is_midway
    reader = begun()
    reader.read(frame(PING, 0, 0, bytes(8))[:5])
    assert reader.is_midway
    reader = begun()
    reader.read(frame(HEADERS, 0, 1, b"x"))
    assert reader.is_midway
    reader.read(frame(CONTINUATION, END_HEADERS, 1, b"x"))
    assert not reader.is_midway


def test_the_rest_of_a_body_may_take_longer() -> None:
    """It is told from everything else that a client owes."""
    reader = begun()
    reader.read(frame(DATA, 0, 1, b"abc")[:-1])
    assert not reader.is_in_head
    reader.read(b"c" + frame(PING, 0, 0, bytes(8))[:-1])
    assert reader.is_in_head
    reader = begun()
    reader.read(frame(HEADERS, 0, 1, b"x") + frame(CONTINUATION, 0, 1)[:-3])
    assert reader.is_in_head


def test_a_block_of_headers_is_bounded_in_bytes() -> None:
    """Over all its pieces, and before the last one has come."""
    reader = begun()
    reader.read(frame(HEADERS, 0, 1, bytes(BLOCK - 10)))
    with pytest.raises(Broken) as refused:
        reader.read((11).to_bytes(3, "big") + bytes((CONTINUATION, 0, 0, 0, 0, 1)))
    assert (refused.value.code, refused.value.flood) == (ENHANCE_YOUR_CALM, True)


def test_a_block_of_headers_is_bounded_in_pieces() -> None:
    """Empty ones count too; the next block begins anew."""
    reader = begun()
    for _ in range(2):
        reader.read(frame(HEADERS, 0, 1, b"x"))
        for _ in range(MOST_CONTINUATIONS - 1):
            reader.read(frame(CONTINUATION, 0, 1))
        reader.read(frame(CONTINUATION, END_HEADERS, 1))
    reader.read(frame(HEADERS, 0, 1, b"x") + frame(CONTINUATION, 0, 1) * MOST_CONTINUATIONS)
    with pytest.raises(Broken) as refused:
        reader.read(frame(CONTINUATION, 0, 1))
    assert refused.value.flood


def test_a_block_cannot_be_begun_anew_within_itself() -> None:
    """The library refuses that; the bound must hold until it does."""
    reader = begun()
    reader.read(frame(HEADERS, 0, 1, bytes(BLOCK - 10)) + frame(DATA, 0, 1, b"x"))
    assert reader.is_midway


def test_the_last_word_is_one_that_clients_understand() -> None:
    """GOAWAY with the last stream that is answered, a code and a reason."""
    client = H2Connection()
    client.initiate_connection()
    events = client.receive_data(frame(4, 0, 0) + goaway(7, ENHANCE_YOUR_CALM, "too many"))
    assert isinstance(events[-1], ConnectionTerminated)
    assert events[-1].last_stream_id == 7
    assert events[-1].error_code == ENHANCE_YOUR_CALM
    assert events[-1].additional_data == b"too many"
