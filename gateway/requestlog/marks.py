"""Marks: the lines of a segment that say how far each ring has been written into it.

A batch of records ends with a mark, in one write. What stands behind the last mark may be a part of a batch;
its rings still hold all of it, so it is cut off and read again. Every segment begins with a mark.

A mark also carries the recorder's counts, which thereby are exactly as durable as the records they count. A
mark without rings says that all of them had been read to the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

_LINE = b'{"mark":'


@dataclass(frozen=True, slots=True)
class RingMark:
    """How far one ring has been written: its birth, its tail, and the drops that were told of until then."""

    birth: int
    tail: int
    dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far all rings have been written, by their worker's number, and the counts until then."""

    rings: Mapping[int, RingMark] = field(default_factory=dict)
    counts: Mapping[str, Any] = field(default_factory=dict)


def mark_line(mark: Mark) -> bytes:
    """Return a mark as a line of a segment."""
    return orjson.dumps(mark_document(mark), option=orjson.OPT_APPEND_NEWLINE)


def mark_document(mark: Mark) -> dict[str, Any]:
    """Return a mark as JSON values."""
    rings = {str(number): [ring.birth, ring.tail, dict(ring.dropped)] for number, ring in mark.rings.items()}
    return {"mark": rings, "counts": dict(mark.counts)}


def read_mark(document: Mapping[str, Any]) -> Mark:
    """Return the mark that a document is; raises ValueError where it is none."""
    try:
        rings = {int(number): RingMark(*found) for number, found in document["mark"].items()}
        return Mark(rings, document.get("counts", {}))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no mark of a segment: {error!r}") from None


def last_mark(data: bytes) -> tuple[Mark, int] | None:
    """Return the last whole mark of a segment and where it ends, None where there is none."""
    end = len(data)
    while end > 0:
        at = data.rfind(b"\n" + _LINE, 0, end)
        start = at + 1  # 0 where nothing was found: the first line
        stop = data.find(b"\n", start)
        if data.startswith(_LINE, start) and stop >= 0:
            try:
                return read_mark(orjson.loads(data[start:stop])), stop + 1
            except ValueError:
                pass  # torn: the one before it counts
        end = at
    return None


def has_records(data: bytes) -> bool:
    """Tell whether a segment holds anything but marks."""
    return any(data.startswith(start) or b"\n" + start in data for start in (b'{"id":', b'{"gap":'))
