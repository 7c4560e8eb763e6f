"""A body is kept whole or not at all, and its bytes are counted either way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.kept_body import KeptBody


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=12), st.integers(-1, 300))
def test_it_is_kept_whole_or_not_at_all(pieces: list[bytes], limit: int) -> None:
    """In however many pieces it comes, and however often it is looked at on the way."""
    body = KeptBody(limit)
    whole = b""
    for piece in pieces:
        body.add(piece)
        whole += piece
        assert body.size == len(whole)
        assert body.is_cut() == (len(whole) > limit)
        assert body.whole() == (b"" if len(whole) > limit else whole)


def test_one_piece_is_not_copied() -> None:
    """Most bodies come in one, and the request path has no time to spare."""
    piece = bytes(1000)
    body = KeptBody(1000)
    body.add(piece)
    assert body.whole() is piece
