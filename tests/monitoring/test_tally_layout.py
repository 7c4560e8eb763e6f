"""Where each number stands: no two in the same word, and a name for every limit of routing.yaml."""

from __future__ import annotations

from dataclasses import fields

from gateway.monitoring import tally_layout as layout
from gateway.monitoring.tally_layout import BLOCK_WORDS, LIMITS, OCTAVES, OUTCOMES
from gateway.routing.settings import Limits, Timeouts
from gateway.statistics.histogram import BUCKETS


def words(*ranges: tuple[int, int]) -> list[int]:
    """Every word of several ranges, each of a first word and a length."""
    return [word for first, length in ranges for word in range(first, first + length)]


def test_no_two_numbers_of_a_tally_share_a_word() -> None:
    """All of them fit into a block, the snapshots too."""
    used = words(
        (0, layout.NAME_BYTES // 8),
        (layout.SINCE, 1),
        (layout.FIRST_OUTCOME, len(OUTCOMES)),
        (layout.ATTEMPTS, 1),
        (layout.MICROSECONDS, 1),
        (layout.RETRIES, 1),
        (layout.HISTOGRAM, BUCKETS),
        *((at, layout.SNAPSHOT_WORDS) for at in layout.SNAPSHOTS),
        (layout.FIRST_BYTE, OCTAVES),
        *((at, OCTAVES) for at in layout.FIRST_BYTE_SNAPSHOTS),
        (layout.FIRST_BYTE_MICROSECONDS, 1),
    )
    assert len(set(used)) == len(used)
    assert max(used) < BLOCK_WORDS


def test_no_two_numbers_of_a_snapshot_share_a_word() -> None:
    """The time, the outcomes, attempts, retries, the histogram."""
    used = [0, *range(1, 1 + len(OUTCOMES)), layout.SNAPSHOT_ATTEMPTS, layout.SNAPSHOT_RETRIES]
    used += range(12, layout.SNAPSHOT_WORDS)
    assert sorted(set(used)) == sorted(used)


def test_no_two_numbers_of_a_process_share_a_word() -> None:
    """Block 0 has the state, the hits of every limit and their snapshots."""
    state = (layout.PID, layout.BEAT, layout.REVISION, layout.CONNECTIONS, layout.USED, layout.EPOCH)
    used = words(
        (0, 1),
        *((word, 1) for word in state),
        (layout.HITS, layout.MOST_LIMITS),
        *((at, 1 + layout.MOST_LIMITS) for at in layout.HIT_SNAPSHOTS),
    )
    assert len(set(used)) == len(used)
    assert max(used) < BLOCK_WORDS
    assert len(LIMITS) <= layout.MOST_LIMITS


def test_every_hit_is_called_by_the_name_of_its_limit() -> None:
    """HIT_HEAD is where "head" stands, and so for all."""
    hits = {name: value for name, value in vars(layout).items() if name.startswith("HIT_")}
    for name in ("HIT_SNAPSHOTS", "HIT_SNAPSHOT_EVERY"):
        del hits[name]
    assert hits == {f"HIT_{name.upper()}": place for place, name in enumerate(LIMITS)}


def test_every_limit_of_routing_yaml_is_counted() -> None:
    """A limit or time-out that is added to the settings needs a name here."""
    assert {setting.name for setting in fields(Limits)} <= set(LIMITS)
    timeouts = {setting.name for setting in fields(Timeouts)}
    assert {f"{name}_timeout" for name in timeouts} <= set(LIMITS)


def test_outcomes_stand_in_the_order_of_their_numbers() -> None:
    """The number of an outcome is its place."""
    for place, name in enumerate(OUTCOMES):
        assert getattr(layout, name.upper()) == place


def test_blocks_that_were_never_made_are_not_listed() -> None:
    """Only the blocks in use are read, and never more than a file has."""
    file = memoryview(bytearray(BLOCK_WORDS * 8 * 3)).cast("Q")
    file[layout.USED] = 2
    name = b"late\0blue".ljust(layout.NAME_BYTES, b"\xff")
    file.cast("B")[BLOCK_WORDS * 8 : BLOCK_WORDS * 8 + layout.NAME_BYTES] = name
    file[BLOCK_WORDS + layout.SINCE] = 7
    assert list(layout.directory(file)) == [(1, "late", "blue", 7)]
