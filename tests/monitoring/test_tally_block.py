"""One tally: what is counted on the request path, and folded into the past."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.monitoring import tally_layout as layout
from gateway.monitoring.tally_block import Block
from gateway.monitoring.tally_layout import BLOCK_WORDS, OCTAVES, OK

NOW_MS = 5_000


def blocks() -> tuple[memoryview, Block, Block]:
    """Two tallies in a file of three blocks."""
    words = memoryview(bytearray(3 * BLOCK_WORDS * 8)).cast("Q")
    return words, Block(words, 1), Block(words, 2)


def octaves(block: Block) -> dict[int, int]:
    """The times to first byte that are not 0, by octave."""
    found = block.words[block.first : block.first + OCTAVES].tolist()
    return {octave: count for octave, count in enumerate(found) if count}


@pytest.mark.parametrize(
    ("microseconds", "octave"),
    [(-5, 0), (0, 0), (63, 0), (64, 1), (127, 1), (128, 2), (2**26 - 1, 20), (2**26, 21), (2**40, 21)],
)
def test_a_time_to_first_byte_has_an_octave(microseconds: int, octave: int) -> None:
    """Each doubling has one; what is shorter or longer than all is in the first or last."""
    _, block, _ = blocks()
    block.first_byte(microseconds)
    assert octaves(block) == {octave: 1}
    assert block.words[block.first_microseconds] == max(microseconds, 0)


@given(st.lists(st.integers(0, 2**34), max_size=20))
def test_every_time_to_first_byte_is_counted_once(times: list[int]) -> None:
    """In the octaves and in the sum, and nowhere else."""
    words, block, _ = blocks()
    for microseconds in times:
        block.first_byte(microseconds)
    assert sum(octaves(block).values()) == len(times)
    assert words[block.first_microseconds] == sum(times)
    assert sum(words) == len(times) + sum(times)


def test_attempts_and_retries_are_counted_apart() -> None:
    """A request that was tried twice is two attempts and one retry."""
    words, block, other = blocks()
    block.attempted()
    block.retried()
    block.attempted()
    assert (words[block.attempts], words[block.retries]) == (2, 1)
    assert (words[other.attempts], words[other.retries]) == (0, 0)


def test_a_snapshot_keeps_every_number_of_its_time() -> None:
    """The older of the two is overwritten, the other one stays."""
    words, block, _ = blocks()
    for snapshot, at in enumerate((1_000, 2_000)):
        words[block.base + layout.SNAPSHOTS[snapshot]] = at
    block.count(OK)
    block.attempted()
    block.attempted()
    block.retried()
    block.first_byte(100)
    block.words[block.histogram + 9] += 4
    block.snapshot(NOW_MS)
    at = block.base + layout.SNAPSHOTS[0]
    assert words[at] == NOW_MS
    assert words[at + 1 + OK] == 1
    assert (words[at + layout.SNAPSHOT_ATTEMPTS], words[at + layout.SNAPSHOT_RETRIES]) == (2, 1)
    assert words[at + 12 + 9] == 4
    assert words[block.base + layout.FIRST_BYTE_SNAPSHOTS[0] + 1] == 1
    assert words[block.base + layout.SNAPSHOTS[1]] == 2_000
    assert words[block.base + layout.FIRST_BYTE_SNAPSHOTS[1] + 1] == 0


def test_folding_moves_everything_and_makes_nothing_recent() -> None:
    """The other tally has both sums; its snapshots grow as much, so its recent window does not."""
    words, block, other = blocks()
    for each in (block, other):
        each.count(OK)
        each.attempted()
        each.retried()
        each.first_byte(100)
        words[each.histogram + 9] += 1
        words[each.microseconds] += 300
    block.fold_into(other, NOW_MS)
    for at, sum_of_both in (
        (other.outcomes + OK, 2),
        (other.attempts, 2),
        (other.retries, 2),
        (other.first + 1, 2),
        (other.first_microseconds, 200),
        (other.histogram + 9, 2),
        (other.microseconds, 600),
    ):
        assert words[at] == sum_of_both
    for snapshot, octave in zip(layout.SNAPSHOTS, layout.FIRST_BYTE_SNAPSHOTS, strict=True):
        at = other.base + snapshot
        assert [words[at + n] for n in (1 + OK, layout.SNAPSHOT_ATTEMPTS, layout.SNAPSHOT_RETRIES)] == [1] * 3
        assert (words[at + 12 + 9], words[other.base + octave + 1]) == (1, 1)
    left = {n: words[block.base + n] for n in range(BLOCK_WORDS) if words[block.base + n]}
    assert left == dict.fromkeys(layout.SNAPSHOTS, NOW_MS)
