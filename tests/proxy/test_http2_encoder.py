"""Answers' fields as literals: every decoder reads them, and none has to remember anything."""

from __future__ import annotations

from hpack import Decoder
from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.http2_encoder import PlainEncoder

NAMES = st.one_of(
    st.sampled_from([b":status", b"content-type", b"set-cookie", b"vary", b"x-request-id"]),
    st.binary(min_size=1, max_size=300),
)
VALUES = st.one_of(st.sampled_from([b"200", b"404", b"418", b""]), st.binary(max_size=300))


@given(st.lists(st.lists(st.tuples(NAMES, VALUES), max_size=8), max_size=4))
def test_a_decoder_reads_what_was_written(blocks: list[list[tuple[bytes, bytes]]]) -> None:
    """Block after block, whatever the names and however long the values."""
    encoder, decoder = PlainEncoder(), Decoder(1 << 20)
    for block in blocks:
        decoded = decoder.decode(encoder.encode(block), raw=True)
        assert [(bytes(name), bytes(value)) for name, value in decoded] == block


def test_long_values_have_long_lengths() -> None:
    """The length of a value takes as many bytes as it needs."""
    fields = [(b"a", b"x" * size) for size in (126, 127, 128, 255, 16_383, 16_511, 100_000)]
    decoded = Decoder(1 << 20).decode(PlainEncoder().encode(fields), raw=True)
    assert [len(value) for _, value in decoded] == [len(value) for _, value in fields]


def test_a_client_without_a_table_is_obeyed() -> None:
    """A table of size 0 must be said before the first field; afterwards nothing changes any more."""
    decoder = Decoder()
    decoder.max_allowed_table_size = 0
    encoder = PlainEncoder()
    for _ in range(2):
        decoder.decode(encoder.encode([(b":status", b"200")]), raw=True)
    assert decoder.header_table_size == 0


def test_names_are_remembered_up_to_a_limit() -> None:
    """A service that invents names costs time, not memory."""
    encoder = PlainEncoder()
    for number in range(1000):
        encoder.encode([(b"x-%d" % number, b"")])
    assert len(encoder._names) <= 64
