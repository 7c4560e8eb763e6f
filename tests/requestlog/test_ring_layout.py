"""The layout of a ring, as both of its sides rely on it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import GatewayError
from gateway.requestlog import ring_layout as layout
from gateway.requestlog.ring_layout import HEADER, LEAST, REASONS, RingError, largest, padded


@given(st.integers(0, 1 << 40))
def test_a_frame_takes_the_next_multiple_of_eight(size: int) -> None:
    """Every frame begins where a 64-bit word does, and at most seven bytes are spent on that."""
    assert padded(size) % 8 == 0
    assert 0 <= padded(size) - size < 8


@given(st.integers(LEAST // 8, 1 << 30), st.data())
def test_an_empty_ring_has_room_for_the_largest_frame_wherever_its_head_stands(
    words: int, data: st.DataObject
) -> None:
    """What is skipped at the end and the frame itself are together no more than the ring."""
    size = words * 8
    left = size - 8 * data.draw(st.integers(0, words - 1))
    need = padded(largest(size) & -8)
    assert need + (left if need > left else 0) <= size


def test_no_two_words_share_a_place() -> None:
    """Each number has a word of its own in the first page, and so has each reason."""
    places = [getattr(layout, name) for name in dir(layout) if name.startswith("AT_")]
    places += [layout.AT_DROPPED + reason for reason in range(1, len(REASONS))]
    assert len(set(places)) == len(places)
    assert max(places) < HEADER // 8
    assert (REASONS[layout.FULL], REASONS[layout.TOO_LARGE]) == ("full", "too_large")


def test_the_readers_word_is_on_a_cache_line_of_its_own() -> None:
    """What the reader stores does not slow down the writer's next look at its own words."""
    line = 8
    writers = [
        layout.AT_HEAD,
        layout.AT_N,
        *(layout.AT_DROPPED + index for index in range(len(REASONS))),
    ]
    assert layout.AT_TAIL // line not in {place // line for place in writers}


def test_nonsense_is_an_error_for_people() -> None:
    """Whoever meets a broken ring can show the text as it is."""
    assert issubclass(RingError, GatewayError)
