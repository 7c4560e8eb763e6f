"""What a request's head says beyond its first line: how its body ends, and that nothing is said twice."""

from __future__ import annotations

from collections.abc import Container

from gateway.http.header_lines import repeated
from gateway.http.headers import ONLY_ONCE, Shape
from gateway.http.message import CHUNKED, RequestReader
from gateway.http.strict import Refused, RequestLine, content_length, transfer_encoding


def frame(reader: RequestReader, line: RequestLine, shape: Shape, max_body: int) -> bool:
    """Tell the reader how the body ends; return whether it is chunked. Raises Refused."""
    fields, length = reader.fields, shape.length
    if shape.expect is not None and fields[shape.expect].lower() != b"100-continue":
        raise Refused(417, "the only expectation known here is 100-continue")
    if shape.coding is not None:
        transfer_encoding(fields[shape.coding], line, has_length=length is not None)
        reader.expect(CHUNKED)
        _no_upgrade(reader)
        return True
    if length is not None:
        size = content_length(fields[length])
        if size > max_body:
            raise too_large(max_body)
        reader.expect(size)
        if size:
            _no_upgrade(reader)
    return False


def too_large(max_body: int) -> Refused:
    """Return what to raise for a body beyond the limit."""
    return Refused(413, f"the body is longer than {max_body} bytes", "body")


def _no_upgrade(reader: RequestReader) -> None:
    if reader.upgrades:
        # llhttp took the body for another protocol; read on, it would be a request of its own.
        raise Refused(400, "a request that asks for an upgrade may not have a body")


def check_repeated(head: bytes, count: int, max_fields: int, looked_at: Container[bytes]) -> None:
    """Refuse a head of `count` lines with too many fields, or one twice by which something is decided."""
    if count > max_fields + 2:
        raise Refused(431, f"there are more than {max_fields} header fields", "fields")
    for name in repeated(head):  # of repeated names only the first is looked at
        if name in ONLY_ONCE or name == b"connection" or name in looked_at:
            raise Refused(400, f"the header {name.decode('latin-1')} comes more than once")
