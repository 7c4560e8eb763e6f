"""Reading tallies: what is recent and what is not, and files that another version wrote."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.monitoring import tally
from gateway.monitoring import tally_layout as layout
from gateway.monitoring.tally import TallyWriter
from gateway.monitoring.tally_layout import (
    HIT_EVICTED,
    HIT_HEAD_TIMEOUT,
    HIT_RATE,
    LIMITS,
    OCTAVES,
    OK,
)
from gateway.monitoring.tally_read import Count, WorkerState, read, read_state

START = 1000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a worker's counters are."""
    return tmp_path / "worker-0.tally"


@pytest.fixture
def writer(path: Path, monkeypatch: pytest.MonkeyPatch) -> TallyWriter:
    """Return a worker's counters, made at `START`."""
    monkeypatch.setattr(tally, "time", SimpleNamespace(monotonic=lambda: START))
    return TallyWriter(path, 7)


def hits(state: WorkerState) -> dict[str, int]:
    """The limits that held."""
    return {name: hits for name, hits in zip(LIMITS, state.hits, strict=True) if hits}


def recent(state: WorkerState) -> dict[str, int]:
    """The limits that held in the last minute."""
    return {name: hits for name, hits in zip(LIMITS, state.recent_hits, strict=True) if hits}


def test_attempts_retries_and_times_to_first_byte_are_read(path: Path, writer: TallyWriter) -> None:
    """In all and of late, as they were counted."""
    block = writer.block("late", "blue", 1)
    block.attempted()
    block.first_byte(100)
    for at in (START + 10, START + 12):
        block.snapshot(int(at * 1000))
    block.attempted()
    block.attempted()
    block.retried()
    block.first_byte(5_000)
    _, (count,) = read(path, START + 15)
    assert (count.attempts, count.retries, count.first_byte_microseconds) == (3, 1, 5_100)
    assert (count.recent_attempts, count.recent_retries, count.recent_seconds) == (2, 1, 5.0)
    assert {n: c for n, c in enumerate(count.first_byte) if c} == {1: 1, 7: 1}
    assert {n: c for n, c in enumerate(count.recent_first_byte) if c} == {7: 1}


def test_nothing_is_recent_in_the_file_of_a_worker_that_is_gone(path: Path, writer: TallyWriter) -> None:
    """Else its last errors would stand in `status` until the gateway is started anew."""
    writer.block("late", "blue", 1).count(OK)
    writer.hit(HIT_RATE)
    state, (count,) = read(path, START + 29)
    assert (count.recent_seconds, count.recent_outcomes[OK], recent(state)) == (29.0, 1, {"rate": 1})
    state, (count,) = read(path, START + 91)
    assert (count.recent_seconds, sum(count.recent_outcomes), recent(state)) == (0.0, 0, {})
    assert (count.outcomes[OK], hits(state)) == (1, {"rate": 1})


def test_limits_that_held_are_read_by_name(path: Path, writer: TallyWriter) -> None:
    """Both readers tell the same."""
    for limit in (HIT_HEAD_TIMEOUT, HIT_EVICTED, HIT_EVICTED):
        writer.hit(limit)
    assert hits(read_state(path)) == {"head_timeout": 1, "evicted": 2}
    assert read_state(path, START + 5) == read(path, START + 5)[0]


def test_the_last_minute_of_hits_is_thirty_to_sixty_seconds(path: Path, writer: TallyWriter) -> None:
    """At one hit a second a reader finds those of the last half to whole minute, at any time."""
    for second in range(1, 601):
        now = START + second
        writer.hit(HIT_RATE)
        writer.snapshot(now, 1.0)
        found = recent(read_state(path, now)).get("rate", 0)
        if second > 60:
            assert 29 <= found <= 61
        assert hits(read_state(path, now)) == {"rate": second}


def test_hits_outlive_the_worker(path: Path, writer: TallyWriter) -> None:
    """A worker started again under the number counts on."""
    writer.hit(HIT_RATE)
    again = TallyWriter(path, 8)
    again.hit(HIT_RATE)
    assert hits(read_state(path)) == {"rate": 2}


def test_a_file_from_before_these_numbers_were_counted_is_read(path: Path, writer: TallyWriter) -> None:
    """Words that nobody wrote are 0: the rest of the file means what it always did."""
    writer.block("late", "blue", 1).count(OK)
    for word in (*range(layout.HITS, layout.BLOCK_WORDS),):
        writer._words[word] = 0
    state, (count,) = read(path, START + 1)
    assert (hits(state), recent(state)) == ({}, {})
    assert (count.requests, count.attempts, count.first_byte) == (1, 0, [0] * OCTAVES)


def test_a_file_of_a_later_version_is_refused_by_both_readers(path: Path, writer: TallyWriter) -> None:
    """Numbers that may mean something else are not guessed at."""
    writer._words[0] = layout.MAGIC + 1
    for reader in (read, read_state):
        with pytest.raises(ValueError, match=r"worker-0\.tally: not a tally file of this version"):
            reader(path)


@pytest.mark.parametrize("size", [0, 1, 8, 4095, 4096 + 8])
def test_a_file_that_is_not_whole_blocks_is_refused(path: Path, writer: TallyWriter, size: int) -> None:
    """A reader may come while the file is made: that is the ValueError which callers expect."""
    path.write_bytes(bytes(writer._words[: layout.BLOCK_WORDS * 2])[:size])
    with pytest.raises(ValueError, match=r"not a tally file: its|empty file"):
        read(path)


def test_counts_of_attempts_add_up() -> None:
    """Every number of two workers is summed."""

    def one() -> Count:
        nothing = [0] * 9
        count = Count("late", "blue", 1, list(nothing), 0, [0] * 128, 1.0, list(nothing), [0] * 128)
        count.attempts, count.retries, count.first_byte_microseconds = 10, 2, 500
        count.recent_attempts, count.recent_retries = 4, 1
        count.first_byte, count.recent_first_byte = [3] * OCTAVES, [1] * OCTAVES
        return count

    total = one()
    total.add(one())
    assert (total.attempts, total.retries, total.first_byte_microseconds) == (20, 4, 1000)
    assert (total.recent_attempts, total.recent_retries) == (8, 2)
    assert (total.first_byte, total.recent_first_byte) == ([6] * OCTAVES, [2] * OCTAVES)
