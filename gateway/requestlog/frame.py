"""One answer as a worker leaves it in memory: numbers of a fixed layout, then the texts and bodies.

Nothing is decoded or filtered here: a worker has no time for it, and what it leaves is in memory alone, wiped
once it is read. All numbers are little-endian; a frame is padded to a multiple of eight bytes.
"""

from __future__ import annotations

import struct
from struct import Struct
from typing import Final, NamedTuple

HEAD: Final = Struct("<IIQQQQ16s16s8s8sIIIIIIHHHHHHBBBBBB")
"""size, flags, n, ended, request_bytes, response_bytes, id, trace, span, parent, latency, queue, service,
revision, request_body, response_body, status, path, key, route, version, chosen, method, request_type,
response_type, outcome, why, attempts. `size` is that of the whole frame without its padding; those named like
a text or body below are their lengths."""

TRACED: Final = 1
"""The spans of this request are exported."""
REQUEST_CUT: Final = 2
RESPONSE_CUT: Final = 4
"""The body was longer than the log keeps, so nothing of it is here."""
NO_BODIES: Final = 8
"""The route's bodies are not logged."""
REQUEST_PART: Final = 16
RESPONSE_PART: Final = 32
"""The exchange ended before the body was whole, so nothing of it is here."""
ENCODED_REQUEST: Final = 64
ENCODED_RESPONSE: Final = 128
"""The body has a content-encoding, such as gzip."""


class Frame(NamedTuple):
    """A frame read back. Times in microseconds; `ended` since 1970; ids are bytes, all zero where unknown."""

    flags: int
    n: int
    ended: int
    request_bytes: int
    response_bytes: int
    id: bytes
    trace: bytes
    span: bytes
    parent: bytes
    latency: int
    queue: int
    service: int
    revision: int
    status: int
    outcome: int
    why: int
    attempts: int
    method: bytes
    path: bytes
    route: bytes
    version: bytes
    chosen: bytes
    key: bytes
    request_type: bytes
    response_type: bytes
    request_body: bytes
    response_body: bytes


def read_frame(data: bytes) -> Frame:
    """Return the frame whose bytes these are; raises ValueError where they are none.

    Written out, since the recorder does this for every answer: a loop takes twice as long.
    """
    try:
        (
            size, flags, n, ended, request_bytes, response_bytes, identity, trace, span, parent,
            latency, queue, service, revision, request_body, response_body,
            status, path, key, route, version, chosen, method, request_type, response_type,
            outcome, why, attempts,
        ) = HEAD.unpack_from(data)  # fmt: skip
    except struct.error as error:
        raise ValueError(f"{len(data)} bytes are no frame: {error}") from None
    end_0 = HEAD.size + method
    end_1 = end_0 + path
    end_2 = end_1 + route
    end_3 = end_2 + version
    end_4 = end_3 + chosen
    end_5 = end_4 + key
    end_6 = end_5 + request_type
    end_7 = end_6 + response_type
    end_8 = end_7 + request_body
    if size != end_8 + response_body or size > len(data):
        raise ValueError(f"a frame of {size} bytes does not add up")
    return Frame(
        flags, n, ended, request_bytes, response_bytes, identity, trace, span, parent,
        latency, queue, service, revision, status, outcome, why, attempts,
        data[HEAD.size : end_0], data[end_0:end_1], data[end_1:end_2], data[end_2:end_3], data[end_3:end_4],
        data[end_4:end_5], data[end_5:end_6], data[end_6:end_7], data[end_7:end_8], data[end_8:size],
    )  # fmt: skip
