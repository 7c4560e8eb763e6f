"""Where in a body of the Open Inference Protocol the values are that differ from one request to the next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(rb'"[^"]*"|[\[\]{}:,]|[^\s"\[\]{}:,]+')
_ID, _INPUTS, _OUTPUTS, _DATA = b'"id"', b'"inputs"', b'"outputs"', b'"data"'


class Spot(NamedTuple):
    """Where in a body something differs: so many values of a tensor, or the id (`values` is 0)."""

    start: int
    end: int
    values: int


def spots(body: bytes) -> list[Spot]:
    """Return the spots of a body, a valid JSON text without escapes, in their order."""
    found: list[Spot] = []
    values = list(_values(body))
    side = _INPUTS if any(path == (_INPUTS,) for path, _, _ in values) else _OUTPUTS
    data = 0
    for number, (path, start, end) in enumerate(values):
        if path == (side, None, _DATA, None):
            if data and number == data + found[-1].values:  # the next one of the same list
                found[-1] = Spot(found[-1].start, end, found[-1].values + 1)
            else:
                data = number
                found.append(Spot(start, end, 1))
        elif path == (_ID,) and body[start : start + 1] == b'"':
            found.append(Spot(start, end, 0))
    return found


def _values(body: bytes) -> Iterator[tuple[tuple[bytes | None, ...], int, int]]:
    """Yield each value of a valid JSON text without escapes: the keys that lead to it, its start, its end.

    A list has None for a key. An object or list is told of where it begins.
    """
    path: list[bytes | None] = []
    for found in _TOKEN.finditer(body):
        token = found[0]
        if token in (b"}", b"]"):
            path.pop()
        elif token == b",":
            path[-1] = None if path[-1] is None else b""
        elif path and path[-1] == b"":
            path[-1] = token
        elif token != b":":
            yield tuple(path), found.start(), found.end()
            if token in (b"{", b"["):
                path.append(b"" if token == b"{" else None)
