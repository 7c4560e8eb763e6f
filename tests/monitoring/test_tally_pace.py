"""The marks of a route's total: bounded, made in turn, and taken up by the worker that comes next."""

from __future__ import annotations

import pytest

from gateway.monitoring import tally_layout as layout
from gateway.monitoring.tally_block import Block
from gateway.monitoring.tally_layout import BLOCK_WORDS, OK, PACE_KEPT
from gateway.monitoring.tally_pace import Paces, marks_in


def file(routes: int) -> tuple[memoryview, Paces, list[Block]]:
    """A worker's file with a tally and a pace for each route, all begun at 0.5 s."""
    words = memoryview(bytearray((2 * routes + 1) * BLOCK_WORDS * 8)).cast("Q")
    words[layout.USED] = 1
    paces, blocks = Paces(words), []
    for n in range(routes):
        layout.enter(words, 2 * n + 1, f"r{n}", "blue", 1)
        paces.make(f"r{n}", 2 * n + 2, 500)
        blocks.append(Block(words, 2 * n + 1))
        paces.follow(f"r{n}", blocks[-1])
    return words, paces, blocks


def test_only_the_last_marks_are_kept() -> None:
    """All but the place that is written next, in order."""
    words, paces, (block,) = file(1)
    for second in range(1, 200):
        block.count(OK)
        paces.mark(second * 1000, 1.0)
    expected = tuple((second * 1000, second) for second in range(200 - PACE_KEPT + 1, 200))
    assert marks_in(words, 2 * BLOCK_WORDS) == expected


@pytest.mark.parametrize("routes", [1, 7])
def test_routes_have_their_turn_once_a_second(routes: int) -> None:
    """However many there are, each tick makes its part of the marks."""
    words, paces, _ = file(routes)
    for tick in range(1, 51):
        paces.mark(tick * 100, 0.1)
    made = [words[index * BLOCK_WORDS + layout.PACE_MARKS] for index, _ in layout.paces(words)]
    assert len(made) == routes
    assert all(5 <= one <= 6 for one in made)


def test_a_pace_is_no_tally() -> None:
    """Readers of tallies do not see it, and what belongs to no route has none."""
    words, paces, _ = file(2)
    assert [entry[1:] for entry in layout.directory(words)] == [("r0", "blue", 1), ("r1", "blue", 1)]
    assert (paces.lacks("r0"), paces.lacks("new"), paces.lacks("")) == (False, True, False)


def test_what_a_killed_worker_counted_last_is_not_spread_over_its_absence() -> None:
    """It is put within a second of its last mark, though the next worker comes much later."""
    words, _, (block,) = file(1)
    block.count(OK)
    after = Paces(words)
    after.follow("r0", block)
    after.resume(9_000)
    assert marks_in(words, 2 * BLOCK_WORDS) == ((500, 0), (1_500, 1), (9_000, 1))
