"""What the recorder says of itself once a second, and what the next one needs to go on.

The file lies in memory beside the rings: `status` and /metrics read the first part of it, and a recorder that
is started again the part `resume`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson

from gateway.files import replace_file
from gateway.requestlog.counts import Counts, read_counts
from gateway.requestlog.marks import Mark, mark_document, read_mark

if TYPE_CHECKING:
    from gateway.requestlog.recorder import Recorder

States = Literal["recording", "behind", "partly", "failing", "dropping"]
BEHIND, SLOW = 0.5, 1.0
"""How full a ring may be, and how many seconds a disk may take, before that is worth a sentence."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a recorder left off: `counts` as of `mark`, and the gaps it had not written."""

    counts: Counts
    mark: Mark
    gaps: list[dict[str, Any]]


def said(recorder: Recorder, rate: float, access_left_out: int) -> dict[str, Any]:
    """Return what a recorder says of itself at this moment; `rate` is in records a second."""
    state, sentence = state_of(recorder)
    return {
        "pid": os.getpid(),
        "beat": recorder.clock.now(),
        "state": state,
        "sentence": sentence,
        "records_per_second": round(rate, 1),
        "lag_ms": round(recorder.lag * 1000, 1),
        "waiting_bytes": recorder.intake.unread(),
        "fill": round(recorder.intake.fill(), 4),
        "access_left_out": access_left_out,
        **recorder.file.said(),
    }


def state_of(recorder: Recorder) -> tuple[States, str]:
    """Return how the recorder does, the worst first, and a sentence; empty while all is well."""
    now = recorder.clock.now()
    if recorder.trouble is not None:
        state: States = "dropping" if recorder.trouble.is_lasting(now) else "failing"
        return state, recorder.trouble.sentence(now)
    if recorder.scribe.problem:
        return "partly", f"records are written without content: {recorder.scribe.problem}"
    if recorder.scribe.unencrypted:
        return "partly", f"records are written without the fields to encrypt: {recorder.scribe.unencrypted}"
    if (fill := recorder.intake.fill()) > BEHIND:
        return "behind", f"the log is behind: the memory between it and a worker is full to {fill:.0%}"
    waiting = recorder.file.syncer.waiting()
    if waiting > SLOW:
        return "behind", f"the disk has taken {waiting:.1f} s to store what was written"
    if recorder.file.syncer.problem:
        return "partly", f"what was written may not be on the disk: {recorder.file.syncer.problem}"
    return "recording", ""


def write_report(path: Path, said: Mapping[str, Any], counts: Counts, mark: Mark, gaps: list[Any]) -> None:
    """Replace the report, whole. Raises OSError."""
    resume = {**mark_document(mark), "gaps": gaps}
    document = {**said, **counts.document(), "resume": resume}
    replace_file(path, orjson.dumps(document))


def read_report(path: Path) -> dict[str, Any] | None:
    """Return what the recorder said last, None where it has said nothing or nothing that can be read."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def read_resume(path: Path) -> Resume | None:
    """Return where the recorder before this one left off, None where there was none."""
    document = read_report(path)
    if document is None:
        return None
    try:
        resume = document["resume"]
        return Resume(read_counts(document), read_mark(resume), list(resume["gaps"]))
    except (KeyError, TypeError, ValueError):
        return None  # written by another version: the marks in the segments say as much
