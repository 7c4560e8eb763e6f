"""A trial counts alarms before the change as false, and measures the delay of the others."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.detectors.streams import SPELLS, STORMY, TEXTBOOK, Case
from benchmarks.detectors.trial import Found, ours, run

CHANGES = Case("c", 10, 100, TEXTBOOK[0].draw, ("tens", 10))


def test_false_alarms_and_delays() -> None:
    """An alarm up to the change is early; streams without an alarm count as not found."""
    found = Found(CHANGES, (50, 100, 110, 130, 0))
    assert found.early == 2
    assert found.delay(0.3) == 1
    assert found.delay(0.6) == 3
    assert found.delay(0.9) is None
    low, high = found.interval
    assert low < 0.4 < high


def test_where_nothing_changes_every_alarm_is_early() -> None:
    """However late it comes."""
    assert Found(TEXTBOOK[0], (59_999, 0)).early == 1


def test_every_detector_sees_the_same_streams() -> None:
    """Streams depend on their number alone, so detectors differ by what they do and not by luck."""
    seen = []

    def look(
        streams: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    ) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        seen.append(streams.sum())
        return np.zeros(len(streams), np.int64)

    assert run(TEXTBOOK[0], look, 3) == run(TEXTBOOK[0], look, 3) == Found(TEXTBOOK[0], (0, 0, 0))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("case", [TEXTBOOK[0], STORMY[0], SPELLS[1]], ids=["labels", "days", "weeks"])
def test_ours_keeps_its_rate(case: Case) -> None:
    """The proof in small: of streams in which nothing happens, not certainly more than 5 % are alarmed."""
    assert run(case, ours(case), 60).interval[0] <= 0.05


@pytest.mark.parametrize(
    ("case", "soon"), [(TEXTBOOK[1], 1_000), (TEXTBOOK[2], 12_000), (STORMY[1], 21), (STORMY[2], 120)]
)
def test_ours_finds_what_is_there(case: Case, soon: float) -> None:
    """A steep drop in hundreds of labels or within three weeks, gentle decay long before it is over."""
    found = run(case, ours(case), 20)
    delay = found.delay(0.5)
    assert delay is not None
    assert delay < soon
