"""Field compression that compresses little: every answer's field goes out as a literal that nobody remembers.

The dynamic table of HPACK is a list that is searched for every field, as long as the client likes it to be,
and Huffman coding is a loop over every character. In Python both cost more than the bytes that they save; and
a table that no answer changes leaks nothing of one answer into the length of another. RFC 7541, 6.2.2.
"""

from __future__ import annotations

from collections.abc import Iterable

_STATUS_INDEXED = {
    b"200": b"\x88",
    b"204": b"\x89",
    b"206": b"\x8a",
    b"304": b"\x8b",
    b"400": b"\x8c",
    b"404": b"\x8d",
    b"500": b"\x8e",
}
_NAMES_INDEXED = {
    b":status": 8,
    b"cache-control": 24,
    b"content-encoding": 26,
    b"content-length": 28,
    b"content-type": 31,
    b"date": 33,
    b"etag": 34,
    b"last-modified": 44,
    b"location": 46,
    b"server": 54,
    b"set-cookie": 55,
    b"strict-transport-security": 56,
    b"vary": 59,
}
"""Of the static table (RFC 7541, appendix A) what answers usually carry."""


class PlainEncoder:
    """Stands in for h2's encoder: it has no state, so `header_table_size` may be set to anything."""

    __slots__ = ("_first", "_names", "header_table_size")

    def __init__(self) -> None:
        self.header_table_size = 0
        self._first = _NO_TABLE
        self._names: dict[bytes, bytes] = {}

    def encode(self, fields: Iterable[tuple[bytes, bytes]], huffman: bool = False) -> bytes:
        """Return the block of these fields; `huffman` is h2's to ask and stays without effect."""
        out = [self._first]
        self._first = b""
        names = self._names
        for name, value in fields:
            if name == b":status" and value in _STATUS_INDEXED:
                out.append(_STATUS_INDEXED[value])
                continue
            start = names.get(name)
            if start is None:
                start = _name(name)
                if len(names) < _MOST_NAMES:
                    names[name] = start
            size = len(value)
            out.append(start + (_ONE_BYTE[size] if size < 0x7F else _integer(size, 7)) + value)
        return b"".join(out)


_NO_TABLE = b"\x20"
"""Said once, at the front of the first block: the table is empty and stays so (RFC 7541, 4.2)."""
_MOST_NAMES = 64
_ONE_BYTE = tuple(bytes((number,)) for number in range(0x7F))


def _name(name: bytes) -> bytes:
    index = _NAMES_INDEXED.get(name)
    if index is not None:
        return _integer(index, 4)
    return b"\x00" + _integer(len(name), 7) + name


def _integer(value: int, bits: int) -> bytes:
    """Return an integer in a prefix of so many bits whose other bits are zero (RFC 7541, 5.1)."""
    most = (1 << bits) - 1
    if value < most:
        return bytes((value,))
    out = bytearray((most,))
    value -= most
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
