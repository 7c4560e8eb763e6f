"""Where a recorder goes on: what the one before it had written, and what is to be written again.

As long as there are rings, everything behind the last mark will be read from them again. Where they are gone,
because the machine was switched off, the whole lines behind it are all there is of it: rings that were made
since then hold none of it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.requestlog.marks import Mark, has_records, last_mark
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.segment import Segment, resume, segments

AT_ONCE = 1.0
"""Seconds for which a ring may seem younger than what came of it: clocks of files are coarse."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """The newest segment, cut where it is whole; None where there is none.

    `lost` are the workers whose rings are gone before they were read to the end, since `lost_from`
    (seconds since 1970); `cut` is how many bytes were cut off.
    """

    segment: Segment | None = None
    mark: Mark = Mark()  # noqa: RUF009 - it is frozen
    lost: tuple[int, ...] = ()
    lost_from: float = 0.0
    cut: int = 0


def recover(places: LogPlaces, births: Mapping[int, int]) -> Recovered:
    """Find the newest segment and cut it; `births` are those of the rings that exist, by worker.

    Raises OSError where it cannot be read or cut.
    """
    found = segments(places)
    if not found:
        return Recovered()
    path = found[-1]
    data = path.read_bytes()
    mark, end = last_mark(data) or (Mark(), 0)
    modified = os.stat(path).st_mtime
    lost = tuple(sorted(n for n, ring in mark.rings.items() if births.get(n) != ring.birth))
    is_there = len(lost) < len(mark.rings) or any(
        birth < (modified + AT_ONCE) * 1e9 for birth in births.values()
    )
    size = end if is_there else data.rfind(b"\n") + 1
    segment = resume(path, size, has_records=has_records(data[:size]))
    return Recovered(segment, mark, lost, modified, len(data) - size)
