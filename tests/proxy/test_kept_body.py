"""A body that comes in pieces is kept whole or not at all, and its bytes are counted either way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.kept_body import KeptBody


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=12), st.integers(-1, 300))
def test_it_is_kept_whole_or_not_at_all(pieces: list[bytes], limit: int) -> None:
    """In however many pieces it comes, and however often it is looked at on the way."""
    whole, *rest = pieces
    body = KeptBody(limit, whole)
    for piece in rest:
        body.add(piece)
        whole += piece
        assert body.size == len(whole)
        assert body.whole() == (b"" if len(whole) > limit else whole)
    assert body.size == len(whole)
