"""What is new is taken in by pieces that fit into memory."""

from __future__ import annotations

import os
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.labels_seal import label_files
from gateway.watching import store
from gateway.watching.harvests import Harvest
from gateway.watching.intake import PIECE, Intake, _written, pieces
from gateway.watching.references import Models
from tests.watching.watched import START, Watched, prediction

SECOND = 1_000_000


@given(st.lists(st.integers(1, 3 * PIECE), max_size=20), st.integers(0, 5))
def test_pieces_cover_everything_once_and_are_bounded(counts: list[int], gap: int) -> None:
    """Each ends between two seconds, the last where it was asked for; only one second can be too large."""
    seconds = [(number * (gap + 1), count) for number, count in enumerate(counts)]
    upto = (len(counts) * (gap + 1) + 1) * SECOND
    ends = pieces(seconds, upto)
    assert ends[-1] == upto
    assert ends == sorted(set(ends))
    begin = -1
    for end in ends:
        held = [count for second, count in seconds if begin < second * SECOND <= end]
        assert sum(held) <= PIECE or len(held) == 1
        begin = end


def test_what_another_has_taken_in_is_not_counted_again(it: Watched) -> None:
    """Two keepers for a moment, as in a reload: one of them wins."""
    it.write([prediction(n, START + n / 10, 1.0, 0.5) for n in range(50)])
    with store.opened(it.places.watch) as connection:
        take = Intake(it.places, it.plan, Models(it.folder), connection)
        upto = (START + 60) * SECOND
        assert take.take(upto, lambda: False).records == 50
        found = Harvest(marks={"read": upto})
        take._keep(found, -1)
        assert take.take(upto, lambda: False).records == 0
        [rows] = store.window(connection, "answers", "late", 0, 2**62).values()
        assert sum(of.n for _, of in rows) == 50


def test_labels_are_read_only_when_some_are_new(it: Watched) -> None:
    """A file that was not touched since the last look is not opened."""
    it.write([prediction(n, START + n / 10, 1.0, 0.5) for n in range(50)])
    it.label(START + 10, {1: True})
    with store.opened(it.places.watch) as connection:
        take = Intake(it.places, it.plan, Models(it.folder), connection)
        assert take._has_labels(0)
        assert not take._has_labels(2**62)
        assert take.take((START + 60) * SECOND, lambda: False).labels == 1


def test_labels_whose_time_is_not_sure_are_read(it: Watched) -> None:
    """The clock of files is coarse; and a file that was sealed since it was listed has a time no more."""
    it.label(START, {1: True})
    [path] = label_files(it.places.log)
    os.utime(path, (START, START))
    with store.opened(it.places.watch) as connection:
        take = Intake(it.places, it.plan, Models(it.folder), connection)
        assert take._has_labels(START * SECOND + 10_000)
        assert not take._has_labels((START + 2) * SECOND)
    path.unlink()
    assert _written(path) == inf
