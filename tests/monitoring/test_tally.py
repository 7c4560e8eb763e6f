"""Counters in shared memory: no count is lost to a kill, and a reader is never told less than before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.monitoring import tally, tally_layout, tally_read
from gateway.monitoring.tally import (
    FALLBACK,
    INTERVALS_KEPT,
    OK,
    OUTCOMES,
    REFUSED,
    SERVER_ERROR,
    Count,
    TallyWriter,
    read,
    read_state,
)
from gateway.statistics.histogram import BUCKETS
from tests.waiting import BOUND

COUNTER = """
import os, signal, sys, time
from pathlib import Path
from gateway.monitoring.tally import OK, TallyWriter
ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
writer = TallyWriter(Path(sys.argv[1]), os.getpid())
writer.beat(1.0, 3, 2)
each, n = int(sys.argv[2]), 0
while n % each or not ended:
    block = writer.block("late", "blue", 1 + n // each)
    block.count(OK)
    block.words[block.histogram + 5] += 1
    n += 1
    if n % each == 0:
        time.sleep(0.001)  # or hardly any moment would be left between two folds
    if n % 50 == 0 and n <= 500:
        print(n, flush=True)
print(n, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a worker's counters are."""
    return tmp_path / "worker-0.tally"


def total(counts: list[Count]) -> int:
    """Return all requests counted."""
    return sum(count.requests for count in counts)


def counter(path: Path, each: int) -> subprocess.Popen[str]:
    """Start a process that counts requests in intervals of `each`, and says at first and at its end how many.

    Told to end, it fills the interval it is in.
    """
    command = [sys.executable, "-c", COUNTER, str(path), str(each)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_what_is_counted_is_read(path: Path) -> None:
    """By route, service and interval, with outcomes, time and latencies; fallbacks are no requests."""
    writer = TallyWriter(path, 4711)
    writer.beat(12.5, 7, 3)
    block = writer.block("late", "blue", 2)
    for outcome in (OK, OK, SERVER_ERROR, FALLBACK):
        block.count(outcome)
    block.words[block.microseconds] += 900
    block.words[block.histogram + 9] += 3
    state, (count,) = read(path)
    assert (state.pid, state.beat, state.revision, state.connections) == (4711, 12.5, 7, 3)
    assert read_state(path) == state
    assert (count.route, count.service, count.since, count.requests) == ("late", "blue", 2, 3)
    assert dict(zip(OUTCOMES, count.outcomes, strict=True))["fallback"] == 1
    assert (count.microseconds, count.histogram[9], sum(count.histogram)) == (900, 3, 3)


def test_a_series_and_interval_has_one_block(path: Path) -> None:
    """Asked again, the same block is given; longest names fit and are told apart."""
    writer = TallyWriter(path, 1)
    assert writer.block("late", "blue", 1) is writer.block("late", "blue", 1)
    writer.block("r" * 63, "s" * 63, 2).count(OK)
    writer.block("r" * 63, "s" * 62, 2).count(OK)
    assert {(c.route, c.service, c.since, c.requests) for c in read(path)[1]} == {
        ("late", "blue", 1, 0),
        ("r" * 63, "s" * 63, 2, 1),
        ("r" * 63, "s" * 62, 2, 1),
    }


def test_a_killed_worker_loses_no_count_and_its_successor_goes_on(path: Path) -> None:
    """All that was counted before kill -9 is read, and added to afterwards."""
    with counter(path, 1_000_000_000) as process:
        assert process.stdout is not None
        counted = [int(process.stdout.readline()) for _ in range(5)][-1]
        process.send_signal(signal.SIGKILL)
    before = total(read(path)[1])
    assert before >= counted
    writer = TallyWriter(path, 2)
    writer.block("late", "blue", 1).count(OK)
    state, counts = read(path)
    assert (state.pid, len(counts), total(counts)) == (2, 1, before + 1)


def test_totals_only_grow_while_old_intervals_are_folded_together(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader in another process sees no request twice and none vanish, over hundreds of folds."""
    monkeypatch.setattr(tally_read, "READ_TRIES", 60_000)  # a core may be long in coming in a fold's midst
    with counter(path, 40) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            last = reads = 0
            deadline = time.monotonic() + BOUND
            while reads < 200 or last < 40 * 500:
                assert time.monotonic() < deadline
                reads += 1
                counts = read(path)[1]
                assert last <= total(counts)
                last = total(counts)
                assert len(counts) <= INTERVALS_KEPT
        finally:
            process.terminate()
        requests = int(process.stdout.read().split()[-1])
        assert process.wait(BOUND) == 0
    intervals = requests // 40
    counts = read(path)[1]
    assert last <= total(counts) == sum(count.histogram[5] for count in counts) == requests
    assert sorted(c.since for c in counts) == [0, *range(intervals - INTERVALS_KEPT + 2, intervals + 1)]
    assert all(count.requests == 40 for count in counts if count.since)


def test_a_worker_killed_while_it_folded_does_not_make_readers_wait_for_ever(path: Path) -> None:
    """The mark that a fold is under way is taken away by the next worker."""
    epoch = tally_layout.EPOCH * 8
    TallyWriter(path, 1).block("late", "blue", 1).count(OK)
    with path.open("r+b") as file:
        file.seek(epoch)
        file.write((7).to_bytes(8, "little"))
    assert total(read(path)[1]) == 1
    TallyWriter(path, 2)
    with path.open("rb") as file:
        file.seek(epoch)
        assert int.from_bytes(file.read(8), "little") % 2 == 0


def test_a_folded_series_counts_on_in_past_and_present(path: Path) -> None:
    """Ten intervals of two services: each has its own past, and the latest intervals stay apart."""
    writer = TallyWriter(path, 1)
    for since in range(1, 11):
        for service, requests in (("blue", since), ("canary", 100)):
            for _ in range(requests):
                writer.block("late", service, since).count(OK)
    by_key = {(c.service, c.since): c.requests for c in read(path)[1]}
    folded = 10 - INTERVALS_KEPT + 1
    assert by_key["blue", 0] == sum(range(1, folded + 1))
    assert by_key["canary", 0] == 100 * folded
    assert by_key["blue", 10] == 10
    assert len(by_key) == 2 * INTERVALS_KEPT


def test_when_all_blocks_are_taken_the_rest_is_counted_together(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one nameless block; nothing is lost, also not by folding, and a restart finds it again."""
    monkeypatch.setattr(tally, "CAPACITY", 6)
    writer = TallyWriter(path, 1)
    for since in range(1, 31):
        for route in ("a", "b", "c"):
            writer.block(route, "blue", since).count(OK)
    writer.block("", "", 0).count(REFUSED)
    named = sum(count.requests for count in read(path)[1] if count.route)
    nameless = [count for count in read(path)[1] if not count.route]
    assert (named, len(nameless), nameless[0].requests) == (2, 1, 90 - 2 + 1)
    again = TallyWriter(path, 2)
    again.block("d", "blue", 1).count(OK)
    assert total(read(path)[1]) == 92


def test_counts_of_workers_add_up() -> None:
    """Every number is summed; the window is the longest of them."""
    one = Count("late", "blue", 1, [1] * 9, 10, [2] * BUCKETS, 10.0, [1] * 9, [1] * BUCKETS)
    one.add(Count("late", "blue", 1, [2] * 9, 5, [3] * BUCKETS, 12.0, [3] * 9, [4] * BUCKETS))
    assert one.outcomes == [3] * 9
    assert (one.microseconds, one.histogram[7], one.recent_seconds) == (15, 5, 12.0)
    assert (one.recent_outcomes[0], one.recent_histogram[0], one.requests) == (4, 5, 24)


def test_a_file_of_another_kind_is_refused(path: Path) -> None:
    """Both readers say that it is no tally file; one that is gone is an OSError."""
    path.write_bytes(b"x" * 4096)
    for reader in (read, read_state):
        with pytest.raises(ValueError, match="not a tally file"):
            reader(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="not a tally file"):
        read_state(path)
    path.unlink()
    for reader in (read, read_state):
        with pytest.raises(OSError, match="No such file"):
            reader(path)


def test_a_full_memory_costs_names_but_no_worker(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is reserved before it is written, since a write that finds none left would kill the process."""
    writer = TallyWriter(path, 1)
    writer.block("", "", 0)
    reserve = os.posix_fallocate

    def full(fd: int, offset: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    writer.block("late", "blue", 1).count(OK)
    _, counts = read(path)
    assert [(count.route, count.requests) for count in counts] == [("", 1)]
    monkeypatch.setattr(os, "posix_fallocate", reserve)
    writer.block("late", "canary", 1).count(OK)
    assert total(read(path)[1]) == 2


def test_a_memory_full_from_the_start_counts_for_nobody(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the nameless block has room: requests go on all the same."""
    writer = TallyWriter(path, 1)

    def full(fd: int, offset: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    writer.block("late", "blue", 1).count(OK)
    assert read(path)[1] == []


def test_a_file_of_another_kind_is_replaced_by_a_new_one(path: Path) -> None:
    """Its numbers are not taken for ours, and who still reads it keeps what was read."""
    path.write_bytes(b"x" * 8192)
    with path.open("rb") as held:
        writer = TallyWriter(path, 1)
        writer.block("late", "blue", 1).count(OK)
        assert held.read() == b"x" * 8192
    state, counts = read(path)
    assert (state.pid, total(counts), sum(state.hits)) == (1, 1, 0)
