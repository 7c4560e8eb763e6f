"""Where the request log keeps its files, all below one folder (`log` in the state directory).

    open/<segment>.ndjson            what the recorder appends to now, and what is not sealed yet
    spool/<segment>.ndjson           sealed, but some sink has not sent it on yet
    requests/day=2026-11-21/<first>-<last>.<generation>.parquet
    predictions/day=2026-11-21/<first>-<last>.<generation>.parquet
    gaps/day=2026-11-21/<first>-<last>.<generation>.parquet
    labels/                          the truth, in files of its own
    sinks/<name>.json                how far each sink has come
    sinks/<name>.refused.ndjson      records that its target would not take
    pseudonym.key, lock, recorder.lock

A segment's name is the time it was begun, in nanoseconds since 1970, as 19 digits: names sort by age. A
sealed file covers the segments from `first` to `last`; one that covers others, or has a higher generation,
replaces them. A segment in `open/` counts, and sealed files made of it do not: its removal is the one step by
which sealing happens. That is how sealing, merging and forgetting never show a record twice or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LogPlaces:
    """The files of one request log; `folder` may not exist yet."""

    folder: Path

    @property
    def open(self) -> Path:
        """Segments that are not sealed."""
        return self.folder / "open"

    @property
    def spool(self) -> Path:
        """Sealed segments that a sink still needs."""
        return self.folder / "spool"

    @property
    def requests(self) -> Path:
        """Sealed records."""
        return self.folder / "requests"

    @property
    def predictions(self) -> Path:
        """Sealed predictions, one row each."""
        return self.folder / "predictions"

    @property
    def labels(self) -> Path:
        """The truth."""
        return self.folder / "labels"

    @property
    def sinks(self) -> Path:
        """How far sinks have come."""
        return self.folder / "sinks"

    @property
    def pseudonym_key(self) -> Path:
        """The secret that keys are hashed with."""
        return self.folder / "pseudonym.key"

    @property
    def lock(self) -> Path:
        """Held (flock) while files are sealed, merged, removed or rewritten."""
        return self.folder / "lock"

    @property
    def recorder_lock(self) -> Path:
        """Held (flock) by the recorder as long as it lives."""
        return self.folder / "recorder.lock"

    @property
    def rotate(self) -> Path:
        """Made by whoever wants the open segment closed; the recorder removes it once another is begun."""
        return self.folder / "rotate"
