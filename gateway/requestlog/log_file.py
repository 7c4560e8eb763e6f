"""The file that the recorder writes now: begun, gone on with, closed when it is full or somebody asks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.requestlog import trouble
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.recovery import Recovered, recover
from gateway.requestlog.segment import Segment, Syncer, begin

log = logging.getLogger("gateway.recorder")


class LogFile:
    """The newest segment of a log, begun with the first batch."""

    def __init__(
        self,
        places: LogPlaces,
        syncer: Syncer | None = None,
        shortage: Callable[[Path], str] = trouble.shortage,
    ) -> None:
        self.places = places
        self.syncer = syncer or Syncer()
        self._shortage = shortage
        self._segment: Segment | None = None
        self._is_dirty = False

    @property
    def path(self) -> Path | None:
        """The open segment, None before the first batch."""
        return self._segment.path if self._segment else None

    def recover(self, births: Mapping[int, int]) -> Recovered:
        """Go on with the newest segment; `births` are those of the rings that exist. Raises OSError."""
        found = recover(self.places, births)
        self._segment = found.segment
        return found

    def append(self, batch: bytes, first: Callable[[], bytes]) -> None:
        """Write a batch, all of it or nothing; `first` returns the line that a new segment begins with.

        Raises OSError where it cannot be written.
        """
        if self._segment is None:
            self._segment = begin(self.places, first(), time.time_ns())
        self._segment.append(batch)
        self._segment.has_records = True
        self._is_dirty = True

    def shortage(self) -> str:
        """Say why the file system counts as full, empty where it has room. Raises OSError."""
        return self._shortage(self.places.folder)

    def tend(self, first: Callable[[], bytes]) -> None:
        """Have what was written stored on the disk, and begin another segment where it is time to.

        Raises OSError where another one cannot be begun; the one there is goes on.
        """
        segment = self._segment
        asked = self.places.rotate.exists()
        if segment is None:
            pass
        elif segment.is_lost():
            log.error("%s was removed by somebody else: another one is begun", segment.path)
            self._replace(begin(self.places, first(), time.time_ns()), segment)
        elif segment.is_full(time.monotonic()) or (asked and segment.has_records):
            self._replace(begin(self.places, first(), time.time_ns()), segment)
        elif self._is_dirty:
            self.syncer.sync(segment.fd)
            self._is_dirty = False
        if asked:
            self.places.rotate.unlink(missing_ok=True)

    def _replace(self, new: Segment, old: Segment) -> None:
        self._segment = new
        self._is_dirty = True
        self.syncer.sync(old.fd, close=True)

    def said(self) -> dict[str, object]:
        """Return what the report says of the file: its name and size, and how long the disk takes."""
        segment = self._segment
        return {
            "segment": segment.path.name if segment else "",
            "segment_bytes": segment.size if segment else 0,
            "sync_seconds": round(max(self.syncer.seconds, self.syncer.waiting()), 4),
            "sync_problem": self.syncer.problem,
        }

    def close(self) -> None:
        """Have everything stored on the disk and let go of it."""
        if self._segment is not None:
            self.syncer.sync(self._segment.fd, close=True)
            self._segment = None
        self.syncer.stop()
