"""Where a message ends: bodies are framed anew on each side, never passed through on trust."""

from __future__ import annotations

LAST_CHUNK = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Return one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def has_no_body(method: bytes, status: int) -> bool:
    """Tell whether an answer ends with its head whatever its fields say (RFC 9112, 6.3)."""
    return method == b"HEAD" or status == 204 or status == 304 or status < 200
