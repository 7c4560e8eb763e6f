"""Frame boundaries are found however the bytes are cut, in constant memory; Close frames are well formed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Close, Frame, Opcode

from gateway.http.websocket import GOING_AWAY, FrameBoundary, close_frame

EDGES = [0, 1, 125, 126, 127, 65535, 65536, 70000]


def frame(size: int, *, opcode: int = 2, masked: bool = False, width: int | None = None) -> bytes:
    """Return a frame; `width` is how many bytes tell its length, the fewest where it is None."""
    if width is None:
        width = 0 if size < 126 else 2 if size < 65536 else 8
    short = size if width == 0 else 126 if width == 2 else 127
    head = bytes((0x80 | opcode, (0x80 if masked else 0) | short)) + size.to_bytes(width or 1, "big")[:width]
    return head + (b"mask" if masked else b"") + b"\x81" * size  # a payload that looks like headers


frames = st.builds(
    frame,
    st.integers(0, 300) | st.sampled_from(EDGES),
    opcode=st.sampled_from((0, 1, 2, 9, 10)),
    masked=st.booleans(),
)


def ends_of(parts: list[bytes]) -> set[int]:
    """Return the places between frames."""
    ends, at = {0}, 0
    for part in parts:
        at += len(part)
        ends.add(at)
    return ends


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 200])
def test_every_byte_alone(size: int, masked: bool) -> None:
    """After each byte the follower knows whether a frame has just ended."""
    parts = [frame(size, masked=masked), frame(3), frame(0, opcode=9), frame(size, masked=masked, width=8)]
    stream, ends = b"".join(parts), ends_of(parts)
    follower = FrameBoundary()
    for at in range(len(stream)):
        assert follower.is_between_frames() == (at in ends)
        follower.feed(stream[at : at + 1])
    assert follower.is_between_frames()
    assert not follower.closes


@given(st.lists(frames, max_size=5), st.data())
def test_cut_anywhere(parts: list[bytes], data: st.DataObject) -> None:
    """However a stream is cut into pieces, the boundaries are those of its frames."""
    stream, ends = b"".join(parts), ends_of(parts)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=8)))
    follower = FrameBoundary()
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        follower.feed(stream[start:stop])
        assert follower.is_between_frames() == (stop in ends)


@given(st.lists(frames, min_size=1, max_size=4), st.data())
def test_no_more_than_the_frame_under_way(parts: list[bytes], data: st.DataObject) -> None:
    """What is fed frame-wise ends where the current frame ends, and at a boundary takes nothing."""
    stream = b"".join(parts)
    cut = data.draw(st.integers(0, len(stream)))
    follower = FrameBoundary()
    follower.feed(stream[:cut])
    taken = follower.feed_frame(stream[cut:])
    assert cut + taken == min(end for end in ends_of(parts) if end >= cut)
    assert follower.is_between_frames()
    assert follower.feed_frame(stream) == 0


def test_a_frame_of_a_terabyte_costs_no_memory() -> None:
    """Only a number is kept of what is still to come."""
    follower = FrameBoundary()
    follower.feed(b"\x82\x7f" + (1 << 40).to_bytes(8, "big"))
    follower.feed(bytes(1 << 20))
    assert follower._payload == (1 << 40) - (1 << 20)
    assert follower._header == b""


def test_a_close_frame_is_noticed() -> None:
    """With its header, even where that comes in two pieces."""
    follower = FrameBoundary()
    follower.feed(frame(9) + b"\x88")
    assert not follower.closes
    follower.feed(b"\x02")
    assert follower.closes
    assert not follower.is_between_frames()
    follower.feed(b"\x03\xe8")
    assert follower.is_between_frames()


def test_close_frames_say_why() -> None:
    """A service's is plain, a client's is masked; both are what the `websockets` package would send."""
    expected = Frame(Opcode.CLOSE, Close(GOING_AWAY, "").serialize())
    assert close_frame(GOING_AWAY) == expected.serialize(mask=False)
    assert close_frame(GOING_AWAY, b"\x01\x02\x03\x04") == b"\x88\x82\x01\x02\x03\x04" + bytes(
        (3 ^ 1, 0xE9 ^ 2)
    )
    follower = FrameBoundary()
    follower.feed(close_frame(GOING_AWAY, b"mask"))
    assert follower.closes
    assert follower.is_between_frames()
