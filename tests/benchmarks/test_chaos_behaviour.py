"""What a small service is told, and how a whole answer of it is known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.chaos.behaviour import Behaviour, body, body_parts, from_json, is_whole, to_json

TOKENS = st.from_regex(rb"t[0-9]{1,9}", fullmatch=True)


def test_a_behaviour_survives_its_way_to_the_service() -> None:
    """Every field arrives."""
    behaviour = Behaviour("canary", delay=0.5, errors=50.0, piece=1, framing="chunked", slots=4)
    assert from_json(to_json(behaviour)) == behaviour


@given(TOKENS, st.integers(30, 500), st.data())
def test_only_the_whole_body_is_whole(token: bytes, size: int, data: st.DataObject) -> None:
    """However short the missing piece is; and only for who asked, from who answered."""
    content = body(b"blue", token, size)
    assert len(content) == size
    assert is_whole(content, b"blue", token)
    assert not is_whole(content[: data.draw(st.integers(0, size - 1))], b"blue", token)
    assert not is_whole(content, b"canary", token)
    assert not is_whole(content, b"blue", token + b"0")


def test_a_large_body_can_be_sent_in_parts() -> None:
    """Its beginning, its filler and its end add up to its size."""
    begin, filler = body_parts(b"blue", b"t1", 1_000)
    assert is_whole(begin + b"." * filler + b"|end", b"blue", b"t1")
    assert len(begin) + filler + 4 == 1_000
