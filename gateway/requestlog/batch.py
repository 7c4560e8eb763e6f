"""A batch: what was taken from the rings in one turn, as lines, and the counts once they are written."""

from __future__ import annotations

from dataclasses import replace

import orjson

from gateway.requestlog.counts import Counts, Gaps
from gateway.requestlog.intake import UNREADABLE, Loss
from gateway.requestlog.scribe import Scribe

Taken = list[tuple[int, list[bytes]]]
"""Frames, by the number of their worker."""


def batch_of(taken: Taken, scribe: Scribe, counts: Counts, gaps: Gaps) -> tuple[bytes, Counts]:
    """Return the lines of frames and gaps, without a mark, and the counts with them."""
    after = replace(counts, dropped=dict(counts.dropped), turns=counts.turns + 1)
    lines: list[bytes] = []
    missing = gaps.documents()
    for worker, frames in taken:
        made = scribe.lines(worker, frames)
        after.records += len(made)
        if len(made) < len(frames):
            loss = Loss(worker, UNREADABLE, len(frames) - len(made))
            after.drop(loss.reason, loss.records)
            missing += Gaps.of(loss, ended(frames[0]), ended(frames[-1]))
        lines += made
    lines += [orjson.dumps({"gap": gap}, option=orjson.OPT_APPEND_NEWLINE) for gap in missing]
    after.gaps += len(missing)
    batch = b"".join(lines)
    after.bytes += len(batch)
    return batch, after


def ended(frame: bytes) -> int:
    """Return when a frame's answer was complete, in microseconds since 1970; see gateway.requestlog.frame."""
    return int.from_bytes(frame[16:24], "little")
