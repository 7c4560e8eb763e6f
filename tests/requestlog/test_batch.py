"""A batch: lines of frames and gaps, and the counts that hold once they are written."""

from __future__ import annotations

import orjson

from gateway.requestlog.access import AccessLog
from gateway.requestlog.batch import batch_of, ended
from gateway.requestlog.counts import Counts, Gaps
from gateway.requestlog.exemplars import Exemplars
from gateway.requestlog.intake import Loss
from gateway.requestlog.scribe import Scribe
from tests.requestlog.frames import frame
from tests.requestlog.logs import open_screen


def scribe() -> Scribe:
    """Return who makes lines."""
    return Scribe(open_screen, Exemplars(), AccessLog())


def test_a_batch_counts_what_is_in_it_and_changes_nothing_yet() -> None:
    """Records, bytes, gaps; the counts before it stay, should it not be written."""
    before, gaps = Counts(1, dropped={"full": 2}), Gaps()
    gaps.add(Loss(3, "full", 2), 5, 6)
    batch, after = batch_of([(0, [frame(n=1), frame(n=2)]), (1, [frame(n=1)])], scribe(), before, gaps)
    lines = [orjson.loads(line) for line in batch.splitlines()]
    assert [(line["worker"], line["n"]) for line in lines[:3]] == [(0, 1), (0, 2), (1, 1)]
    assert lines[3:] == [{"gap": {"worker": 3, "from": 5, "to": 6, "records": 2, "reason": "full"}}]
    assert after == Counts(1, 1, 3, len(batch), 1, {"full": 2})
    assert before == Counts(1, dropped={"full": 2})
    assert len(gaps) == 1


def test_a_frame_that_is_none_is_a_gap_in_its_batch() -> None:
    """The others are written."""
    frames = [frame(ended=7), b"x" * 200, frame(ended=9)]
    batch, after = batch_of([(2, frames)], scribe(), Counts(1), Gaps())
    lines = [orjson.loads(line) for line in batch.splitlines()]
    assert lines[-1] == {"gap": {"worker": 2, "from": 7, "to": 9, "records": 1, "reason": "unreadable"}}
    assert (after.records, after.dropped, after.gaps) == (2, {"unreadable": 1}, 1)


def test_the_time_of_a_frame_is_read_without_the_rest_of_it() -> None:
    """Where it stands is that of the layout."""
    assert ended(frame(ended=1_234_567_890_123_456)) == 1_234_567_890_123_456
