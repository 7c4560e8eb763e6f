"""The trace that a request belongs to (W3C Trace Context): the client's, or one that begins here.

Where spans are exported, the gateway's own stands between the client's and the service's. Elsewhere a
client's traceparent passes as it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from gateway.http.headers import Shape
from gateway.proxy.log_entry import Entry
from gateway.proxy.logbook import ALL

if TYPE_CHECKING:
    from gateway.proxy.context import Context

# 3.2: version, trace id and parent id (neither all zero), flags; later versions may add.
_IDS = rb"-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
_TRACEPARENT = re.compile(rb"00" + _IDS + rb"|(?!00|ff)[0-9a-f]{2}" + _IDS + rb"(?:-.*)?")
OFF: Final = -1
"""The share of requests that are traced where no spans are exported."""


def given_trace(fields: Mapping[bytes, bytes], shape: Shape) -> bytes:
    """Return the request's traceparent, or nothing where it has no valid one."""
    written = shape.traceparent
    if written is None:
        return b""
    value = fields[written]
    return value if _TRACEPARENT.fullmatch(value) is not None else b""


def trace_line(given: bytes, draw: int, context: Context, entry: Entry | None) -> bytes:
    """Return the line that tells the service its parent; nothing: the client's stays.

    `given` is the client's traceparent; `draw` is the request's id, and that of a trace that begins here.
    Without an entry nobody would ever hear of the gateway's span, so a client's trace passes it by.
    """
    share = OFF if entry is None else context.traced_share
    if given and share == OFF:
        if entry is not None:
            entry.traced(given, b"", False)
        return b""
    span = b"%016x" % (context.draw_bits(63) + 1)
    is_traced = False
    if share != OFF:
        is_traced = int(given[53:55], 16) & 1 == 1 if given else draw & (ALL - 1) < share
    if entry is not None:
        entry.traced(given, span, is_traced)
    trace = given[3:35] if given else b"%032x" % draw
    return b"traceparent: 00-%b-%b-%02x\r\n" % (trace, span, 1 if is_traced else 0)
