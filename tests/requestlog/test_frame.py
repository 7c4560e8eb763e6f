"""A frame is read back as it was written, and what is none is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.frame import HEAD, Frame, read_frame

_WORDS, _HALVES = st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1)
_SHORT, _LONG = st.binary(max_size=255), st.binary(max_size=400)
FRAMES = st.builds(
    Frame,
    flags=_HALVES,
    n=_WORDS,
    ended=_WORDS,
    request_bytes=_WORDS,
    response_bytes=_WORDS,
    id=st.binary(min_size=16, max_size=16),
    trace=st.binary(min_size=16, max_size=16),
    span=st.binary(min_size=8, max_size=8),
    parent=st.binary(min_size=8, max_size=8),
    latency=_HALVES,
    queue=_HALVES,
    service=_HALVES,
    revision=_HALVES,
    status=st.integers(0, 999),
    outcome=st.integers(0, 8),
    why=st.integers(0, 3),
    attempts=st.integers(0, 255),
    method=_SHORT,
    path=_LONG,
    route=_LONG,
    version=_LONG,
    chosen=_LONG,
    key=_LONG,
    request_type=_SHORT,
    response_type=_SHORT,
    request_body=_LONG,
    response_body=_LONG,
)


def written(frame: Frame) -> bytes:
    """Return a frame's bytes, put together from its description alone."""
    texts = (
        frame.method, frame.path, frame.route, frame.version, frame.chosen, frame.key,
        frame.request_type, frame.response_type, frame.request_body, frame.response_body,
    )  # fmt: skip
    method, path, route, version, chosen, key, request_type, response_type, request, response = map(
        len, texts
    )
    head = HEAD.pack(
        HEAD.size + sum(map(len, texts)), frame.flags, frame.n, frame.ended,
        frame.request_bytes, frame.response_bytes, frame.id, frame.trace, frame.span, frame.parent,
        frame.latency, frame.queue, frame.service, frame.revision, request, response,
        frame.status, path, key, route, version, chosen, method, request_type, response_type,
        frame.outcome, frame.why, frame.attempts,
    )  # fmt: skip
    return head + b"".join(texts)


@given(FRAMES, st.binary(max_size=7))
def test_a_frame_is_read_back_as_it_was_written(frame: Frame, padding: bytes) -> None:
    """Whatever its texts are; padding behind it makes no difference."""
    data = written(frame)
    assert read_frame(data + padding) == frame


@given(FRAMES, st.data())
def test_a_frame_that_is_cut_off_is_refused(frame: Frame, data: st.DataObject) -> None:
    """At whichever byte."""
    whole = written(frame)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ValueError, match=r"bytes are no frame|does not add up"):
        read_frame(whole[:cut])


@given(st.binary(max_size=600))
def test_bytes_that_are_no_frame_are_refused_or_read_within_their_bounds(data: bytes) -> None:
    """Nothing but ValueError is raised, and nothing is made up."""
    try:
        frame = read_frame(data)
    except ValueError:
        return
    assert written(frame) == data[: len(written(frame))]
