"""A frame is read back as it was written, and what is none is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.requestlog.frames import Whole, frame, read

_WORDS, _HALVES = st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1)
_SHORT, _LONG = st.binary(max_size=255), st.binary(max_size=400)
FRAMES = st.builds(
    Whole,
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


def written(whole: Whole) -> bytes:
    """Return a frame's bytes, put together from its description alone."""
    return frame(**whole._asdict())


@given(FRAMES, st.binary(max_size=7))
def test_a_frame_is_read_back_as_it_was_written(whole: Whole, padding: bytes) -> None:
    """Whatever its texts are; padding behind it makes no difference."""
    data = written(whole)
    assert read(data + padding) == whole


@given(FRAMES, st.data())
def test_a_frame_that_is_cut_off_is_refused(whole: Whole, data: st.DataObject) -> None:
    """At whichever byte."""
    sent = written(whole)
    cut = data.draw(st.integers(0, len(sent) - 1))
    with pytest.raises(ValueError, match=r"bytes are no frame|does not add up"):
        read(sent[:cut])


@given(st.binary(max_size=600))
def test_bytes_that_are_no_frame_are_refused_or_read_within_their_bounds(data: bytes) -> None:
    """Nothing but ValueError is raised, and nothing is made up."""
    try:
        whole = read(data)
    except ValueError:
        return
    assert written(whole) == data[: len(written(whole))]
