"""The load's reader of answers."""

from __future__ import annotations

import pytest

from benchmarks.wire import Answer, Broken, read_answer

HEAD = b"HTTP/1.1 200 OK\r\nX-Model-Version: canary\r\nContent-Length: 4\r\n\r\n"


def test_an_answer_is_whole_with_its_last_byte() -> None:
    """Every shorter piece is not yet an answer."""
    whole = HEAD + b"body"
    assert all(read_answer(whole[:end]) is None for end in range(len(whole)))
    assert read_answer(whole) == Answer(200, b"canary", keep_alive=True)


def test_chunks_end_with_the_empty_one() -> None:
    """A chunked answer is whole when its last chunk is there."""
    head = b"HTTP/1.1 503 Service Unavailable\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert read_answer(head + b"4\r\nbody\r\n") is None
    assert read_answer(head + b"4\r\nbody\r\n0\r\n\r\n") == Answer(503, b"", keep_alive=False)


@pytest.mark.parametrize("data", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nserver: x\r\n\r\n"])
def test_what_the_reader_does_not_know_is_an_error(data: bytes) -> None:
    """An answer whose end cannot be told must fail, not hang."""
    with pytest.raises(Broken):
        read_answer(data)
