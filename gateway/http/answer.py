"""What the head of a service's answer says: how its body ends, and what of it may be passed on.

Heads come here once llhttp has read them; like requests they are judged by stricter rules than its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.http.header_lines import passing, repeated, without
from gateway.http.headers import ONLY_ONCE, Shape
from gateway.http.message import CHUNKED, UNTIL_CLOSE
from gateway.http.strict import Refused, content_length
from gateway.http.upgrade import answer_agrees

# Services list what they could switch to in several lines; in an ordinary answer nobody believes them.
_ONLY_ONCE = ONLY_ONCE - {b"upgrade"}
_ONLY_ONCE_SWITCHING = ONLY_ONCE | {b"connection", b"sec-websocket-accept", b"sec-websocket-protocol"}
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] [1-5][0-9]{2}(?: [\t -~\x80-\xff]*)?")
_STATUS_LINES_REMEMBERED = 256
_status_lines_seen: set[bytes] = set()  # good ones; there are few


def status_line(line: bytes) -> None:
    """Refuse an answer whose first line is not `HTTP/1.x status reason` in plain characters."""
    if line in _status_lines_seen:
        return
    if not _STATUS_LINE.fullmatch(line):
        raise Refused(502, "it does not begin with HTTP/1.x, a status and a plain reason")
    if len(_status_lines_seen) < _STATUS_LINES_REMEMBERED and len(line) < 64:
        _status_lines_seen.add(line)


def framing_of(head: bytes, fields: Mapping[bytes, bytes], shape: Shape) -> int:
    """Return the length of an answer's body, CHUNKED or UNTIL_CLOSE; raises Refused where it is unclear."""
    _check_repeated(head, fields, _ONLY_ONCE)
    if shape.coding is None:
        return UNTIL_CLOSE if shape.length is None else content_length(fields[shape.length])
    if shape.length is not None or fields[shape.coding].lower() != b"chunked":
        raise Refused(502, "its length is given twice or in an unknown way")
    if _is_http10(head):
        raise Refused(502, "it is HTTP/1.0, which has no transfer encodings")
    return CHUNKED


def interim_head(head: bytes, fields: Mapping[bytes, bytes], shape: Shape) -> bytes:
    """Return what may pass of an interim answer: it has no body, so nothing that speaks of one."""
    return b"HTTP/1.1%b\r\n" % _start(head, fields, shape)


def switch_head(
    head: bytes, fields: Mapping[bytes, bytes], shape: Shape, protocol: bytes, key: bytes
) -> bytes:
    """Return the 101 to pass on; raises Refused unless it grants just the protocol that was asked for."""
    _check_repeated(head, fields, _ONLY_ONCE_SWITCHING)
    if _is_http10(head):
        raise Refused(502, "it is HTTP/1.0, which cannot switch protocols")
    if shape.coding is not None or (shape.length is not None and fields[shape.length] != b"0"):
        raise Refused(502, "it switches protocols and has a body")
    answer_agrees(protocol, key, fields)
    return b"HTTP/1.1%bconnection: upgrade\r\nupgrade: %b\r\n\r\n" % (_start(head, fields, shape), protocol)


def _start(head: bytes, fields: Mapping[bytes, bytes], shape: Shape) -> bytes:
    line_end = head.index(b"\r\n")
    block = passing(head[line_end:-2], shape, fields)
    if shape.length is not None:
        block = without(block, shape.length)
    return head[8:line_end].ljust(5) + block


def _is_http10(head: bytes) -> bool:
    return head[7:8] == b"0"


def _check_repeated(head: bytes, fields: Mapping[bytes, bytes], only_once: frozenset[bytes]) -> None:
    if head.count(b"\n") != len(fields) + 2:
        for name in repeated(head):
            if name in only_once:
                raise Refused(502, f"it has {name.decode('latin-1')} more than once")
