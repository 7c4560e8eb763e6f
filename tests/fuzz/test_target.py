"""The fuzzer's target holds for the corpus and for what hypothesis makes up, without atheris."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.cases import Case, requests
from tests.fuzz.target import check, read

SEEDS = tuple(range(40))
NAME = st.sampled_from(
    ("A", "Host", "content-length", "Transfer-Encoding", "Connection", "X_Y", "Content_Length")
)
VALUE = st.sampled_from(
    ("x", "5", "05", "chunked", "close", "gzip", "", " 5", "5 ", "\t5", "b\tc", "upgrade")
)
CHUNK = st.sampled_from(
    (b"5\r\nhello\r\n", b"1;a=b\r\nx\r\n", b"5\nhello\r\n", b"0\r\n", b"0\r\nA: b\r\n", b"\r\n")
)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Draw one to three requests, most of them nearly right."""
    stream = b""
    for _ in range(draw(st.integers(1, 3))):
        fields = draw(st.lists(st.tuples(NAME, VALUE), max_size=4))
        line = draw(
            st.sampled_from(
                (b"GET / HTTP/1.1", b"POST /a HTTP/1.1", b"PUT /../ HTTP/1.1", b"GET /%2e HTTP/1.0")
            )
        )
        end = draw(st.sampled_from((b"\r\n", b"\r\n", b"\r\n", b"\n")))
        lines = [line, b"Host: x", *(f"{name}: {value}".encode() for name, value in fields)]
        stream += end.join(lines) + end + b"\r\n" + b"".join(draw(st.lists(CHUNK, max_size=4)))
    return stream


def decided_elsewhere(case: Case) -> bool:
    """Tell whether the verdict needs a clock, a count of fields, Expect or the options of Connection."""
    return case.status in (408, 417) or case.id.startswith(("connection-", "fields-"))


@pytest.mark.parametrize("case", requests(), ids=lambda case: case.id)
def test_the_corpus_holds(case: Case) -> None:
    """Cut at places of several draws."""
    for seed in SEEDS:
        check(seed.to_bytes(2, "big") + case.data)


@pytest.mark.parametrize(
    "case", [case for case in requests() if not decided_elsewhere(case)], ids=lambda case: case.id
)
def test_the_target_reads_as_the_gateway_does(case: Case) -> None:
    """The same are refused, and as many accepted before that."""
    result = read([case.data])
    assert result.refused == (case.status is not None)
    assert sum(message.whole for message in result.messages) == len(case.sees)


@given(streams(), st.integers(0, 65535))
def test_made_up_streams_hold(stream: bytes, seed: int) -> None:
    """Heads and chunkings that are nearly right, cut anywhere."""
    check(seed.to_bytes(2, "big") + stream)


@given(streams())
def test_made_up_streams_read_the_same_byte_by_byte(stream: bytes) -> None:
    """Every byte alone: the same messages and the same verdict."""
    whole = read([stream])
    single = read([stream[n : n + 1] for n in range(len(stream))])
    assert single.refused == whole.refused
    assert [m.body for m in single.messages if m.whole] == [m.body for m in whole.messages if m.whole]
