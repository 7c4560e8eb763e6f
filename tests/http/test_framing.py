"""Where a message ends."""

from __future__ import annotations

import pytest

from gateway.http.framing import LAST_CHUNK, chunk, has_no_body


def test_a_chunk_is_its_size_in_hex_and_its_data() -> None:
    """The size counts bytes, and the data is untouched."""
    assert chunk(b"x" * 26) + LAST_CHUNK == b"1a\r\n" + b"x" * 26 + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("method", "status", "bodiless"),
    [
        (b"GET", 200, False),
        (b"HEAD", 200, True),
        (b"HEAD", 404, True),
        (b"GET", 204, True),
        (b"GET", 304, True),
        (b"POST", 103, True),
        (b"GET", 205, False),
        (b"POST", 404, False),
    ],
)
def test_some_answers_end_with_their_head(method: bytes, status: int, bodiless: bool) -> None:
    """RFC 9112, 6.3: answers to HEAD, 1xx, 204 and 304 have no body, whatever their fields say."""
    assert has_no_body(method, status) is bodiless
