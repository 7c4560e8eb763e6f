"""One direction of a tunnel passes bytes on untouched, and last words only between two frames."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.http.websocket import FrameBoundary, close_frame
from gateway.proxy.outbox import Outbox
from gateway.proxy.way import Way
from tests.proxy.wires import Clock, Wire, loop_of, transport_of

GOODBYE = close_frame(1001)
FRAMES = [b"\x81\x03abc", b"\x82\x00", b"\x82\xfe\x00\x80mask" + b"\x88" * 128]
CLOSE = close_frame(1000)


def way_to(sink: Wire, *, framed: bool = True) -> tuple[Way, Outbox]:
    """Return a direction, and the outbox to flush."""
    outbox = Outbox(loop_of(Clock()))
    return Way(transport_of(sink), outbox, FrameBoundary() if framed else None), outbox


def test_bytes_are_passed_on_uncopied() -> None:
    """What goes out is the object that came in, frames or no frames."""
    for framed in (False, True):
        sink = Wire()
        way, outbox = way_to(sink, framed=framed)
        pieces = [bytes(3000), FRAMES[0] * 50]
        for piece in pieces:
            way.forward(piece)
        outbox.flush()
        assert [id(piece) for piece in sink.pieces] == [id(piece) for piece in pieces]
        assert way.count == sum(map(len, pieces))


def test_much_is_sent_before_the_turn_ends() -> None:
    """Only what is written can hold the other side back."""
    sink = Wire()
    way_to(sink)[0].forward(bytes(40_000))
    assert len(sink.pieces) == 1


def test_the_end_comes_after_the_data() -> None:
    """Half-closed where the transport can; closed where it cannot, as with TLS."""
    for half_closes in (True, False):
        sink = Wire(half_closes)
        way, _ = way_to(sink)
        way.forward(b"last")
        way.end()
        assert sink.pieces == [b"last"]
        assert (sink.at_eof, sink.closed) == (half_closes, not half_closes)
        assert way.ended
        way.part(GOODBYE)  # nothing may follow
        assert sink.pieces == [b"last"]


@given(st.lists(st.sampled_from(FRAMES), min_size=1, max_size=4), st.data())
def test_last_words_come_between_two_frames(frames: list[bytes], data: st.DataObject) -> None:
    """Wherever the stream is when it has to end, what the other side gets is whole frames, then goodbye."""
    stream = b"".join(frames) + CLOSE
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    before = data.draw(st.integers(0, len(pieces)))
    sink = Wire()
    way, outbox = way_to(sink)
    for piece in pieces[:before]:
        way.forward(piece)
    way.part(GOODBYE)
    way.part(GOODBYE)  # said once
    for piece in pieces[before:]:
        way.forward(piece)
    outbox.flush()
    sent, at = b"".join(sink.pieces), len(b"".join(pieces[:before]))
    ends = [sum(map(len, frames[:number])) for number in range(len(frames) + 1)]
    if at > ends[-1]:
        assert sent == stream  # the Close frame had begun
    else:
        assert sent == stream[: min(end for end in ends if end >= at)] + GOODBYE
    assert way.has_closed()
    assert way.count == len(sent) - (0 if at > ends[-1] else len(GOODBYE))


def test_what_has_no_frames_has_no_last_words() -> None:
    """Another protocol would take them for data."""
    sink = Wire()
    way, outbox = way_to(sink, framed=False)
    way.part(GOODBYE)
    way.forward(b"data")
    outbox.flush()
    assert sink.pieces == [b"data"]
    assert not way.has_closed()
    way.end()
    assert way.has_closed()
