"""The recorder: everything once, whatever dies when; a full disk stops the log alone, and is counted."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway import files
from gateway.requestlog import recorder_report
from gateway.requestlog.recorder import LOST_WITH_MEMORY, Recorder
from gateway.requestlog.ring_read import RingReader
from gateway.requestlog.trouble import AGAIN, AGAIN_LATER, PATIENCE
from tests.requestlog.logs import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Rings and a log."""
    return Bench(tmp_path)


class FullDisk:
    """Makes every write to a file fail while `full`; the report, in memory, is written all the same."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self.number = errno.ENOSPC
        write = os.write

        def attempt(fd: int, data: Any) -> int:
            if self.full:
                raise OSError(self.number, os.strerror(self.number))
            return write(fd, data)

        monkeypatch.setattr(os, "write", attempt)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FullDisk:
    """A disk that can be full."""
    return FullDisk(monkeypatch)


def turn(bench: Bench, recorder: Recorder, seconds: float = 0.0) -> None:
    """Have one turn after a while."""
    bench.time.now += seconds
    recorder.turn()


def test_records_of_all_workers_are_in_the_log_after_a_turn(bench: Bench) -> None:
    """In a batch with its mark; the rings are empty then."""
    for worker in (0, 1):
        bench.write(bench.writer(worker), 3)
    recorder = bench.started()
    assert recorder.turn() is False
    assert [(line["worker"], line["n"]) for line in bench.records()] == [
        (w, n) for w in (0, 1) for n in range(3)
    ]
    assert "mark" in bench.lines()[-1]
    assert recorder.counts.records == 6
    assert recorder.intake.unread() == 0
    recorder.turn()
    assert len(bench.records()) == 6


def test_there_is_no_file_before_the_first_record(bench: Bench) -> None:
    """A gateway without traffic writes nothing."""
    bench.writer()
    recorder = bench.started()
    recorder.turn()
    recorder.tend()
    recorder.finish(1.0)
    assert bench.lines() == []


def test_it_says_when_much_waits(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the next turn comes at once."""
    monkeypatch.setattr("gateway.requestlog.intake.SHARE", 1_000)
    monkeypatch.setattr("gateway.requestlog.recorder.MUCH", 1_000)
    bench.write(bench.writer(), 30)
    recorder = bench.started()
    assert recorder.turn()
    while recorder.turn():
        pass
    assert recorder.intake.unread() <= 1_000


def test_the_lag_is_that_of_the_oldest_record(bench: Bench) -> None:
    """From the end of its answer until it was written."""
    recorder = bench.started()
    at = bench.time.clock().wall() // 1000
    writer = bench.writer()
    bench.write(writer, ended=at - 80_000)
    bench.write(writer, ended=at)
    recorder.tend()
    recorder.turn()
    assert recorder.lag == pytest.approx(0.08)
    recorder.turn()
    assert recorder.lag == 0


def test_drops_in_a_ring_become_a_gap(bench: Bench) -> None:
    """Counted by reason, told once, with the time they fell into."""
    writer = bench.writer()
    recorder = bench.started()
    done = bench.write(writer, 400)
    bench.time.now += 1
    recorder.tend()
    recorder.turn()
    recorder.tend()
    recorder.turn()
    (gap,) = bench.gaps()
    assert (gap["worker"], gap["reason"], gap["records"]) == (0, "full", done.count(False))
    assert gap["to"] - gap["from"] == 1_000_000
    assert recorder.counts.dropped == {"full": done.count(False)}
    assert recorder.counts.records == done.count(True)
    assert recorder.counts.gaps == 1


def test_for_a_moment_records_wait_for_a_disk_that_fails(bench: Bench, disk: FullDisk) -> None:
    """Nothing is dropped where it works again soon, and nothing is written twice."""
    bench.write(bench.writer(), 3)
    recorder = bench.started()
    disk.full = True
    turn(bench, recorder)
    assert recorder.trouble is not None
    turn(bench, recorder, AGAIN)
    assert recorder.intake.unread() > 0
    disk.full = False
    turn(bench, recorder, AGAIN)
    assert recorder.trouble is None
    assert bench.ids() == {1: 1, 2: 1, 3: 1}
    assert recorder.counts.dropped == {}
    assert bench.gaps() == []


@pytest.mark.parametrize(("number", "reason"), [(errno.ENOSPC, "disk_full"), (errno.EIO, "write_failed")])
def test_then_they_are_dropped_counted_and_told_of(
    bench: Bench, disk: FullDisk, number: int, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The rings stay empty for the workers; the first batch that can be written tells what is missing."""
    writer = bench.writer()
    recorder = bench.started()
    disk.number, disk.full = number, True
    bench.write(writer, 2)
    turn(bench, recorder)
    turn(bench, recorder, PATIENCE)
    assert recorder.intake.unread() == 0
    bench.write(writer, 3)
    turn(bench, recorder, 0.05)
    assert recorder.counts.dropped == {reason: 5}
    disk.full = False
    bench.write(writer, 1)
    turn(bench, recorder, AGAIN_LATER)
    assert bench.ids() == {6: 1}
    (gap,) = bench.gaps()
    assert (gap["records"], gap["reason"], gap["worker"]) == (5, reason, 0)
    assert recorder.counts.records == 1
    assert "traffic is not affected" in caplog.text
    assert "written again" in caplog.text


def test_without_new_records_the_gap_is_told_as_well(bench: Bench, disk: FullDisk) -> None:
    """Once the disk has room."""
    bench.write(bench.writer(), 2)
    recorder = bench.started()
    disk.full = True
    turn(bench, recorder)
    turn(bench, recorder, PATIENCE)
    disk.full = False
    turn(bench, recorder, AGAIN_LATER)
    assert [gap["records"] for gap in bench.gaps()] == [2]
    assert recorder.trouble is None


def test_room_is_left_to_others(bench: Bench) -> None:
    """Where the file system is nearly full nothing is written, until it has room again."""
    writer = bench.writer()
    recorder = bench.started()
    bench.short = "9 MiB are free"
    recorder.tend()
    bench.write(writer, 2)
    for _ in range(8):
        turn(bench, recorder, 0.25)
        recorder.tend()
    assert bench.lines() == []
    assert recorder.counts.dropped == {"disk_full": 2}
    assert "9 MiB are free" in recorder_report.state_of(recorder)[1]
    bench.short = ""
    recorder.tend()
    bench.write(writer, 1)
    turn(bench, recorder)
    assert bench.ids() == {3: 1}
    assert [gap["records"] for gap in bench.gaps()] == [2]


def test_a_recorder_that_follows_another_goes_on_counting(bench: Bench) -> None:
    """Records are written once; the counts never go back."""
    writer = bench.writer()
    bench.write(writer, 2)
    bench.started().turn()
    bench.write(writer, 3)
    second = bench.started()
    second.turn()
    assert second.counts.records == 5
    assert set(bench.ids().values()) == {1}
    third = bench.started()
    assert third.counts == second.counts


def test_another_gateway_counts_anew(bench: Bench) -> None:
    """Its directory in memory is empty; what an earlier one wrote stays in the log."""
    bench.write(bench.writer(), 2)
    first = bench.started()
    first.turn()
    first.finish(1.0)
    for path in bench.run.iterdir():
        path.unlink()
    bench.time.now += 60
    bench.write(bench.writer(), 1)
    second = bench.started()
    second.turn()
    assert second.counts.records == 1
    assert bench.ids() == {1: 1, 2: 1, 3: 1}
    assert bench.gaps() == []


def test_what_was_lost_with_the_machine_is_a_gap(bench: Bench) -> None:
    """Nobody knows how many; from when the segment was last written until now."""
    bench.write(bench.writer(4), 2)
    bench.started().turn()
    for path in bench.run.iterdir():
        path.unlink()
    recorder = bench.started()
    recorder.turn()
    (gap,) = bench.gaps()
    assert (gap["worker"], gap["records"], gap["reason"]) == (4, 0, LOST_WITH_MEMORY)


def test_the_end_is_said_once_all_is_read(bench: Bench) -> None:
    """The last mark names no ring."""
    bench.write(bench.writer(), 5)
    recorder = bench.started()
    recorder.finish(5.0)
    assert len(bench.records()) == 5
    assert bench.lines()[-1]["mark"] == {}


def test_an_end_that_cannot_be_written_leaves_records_in_memory(
    bench: Bench, disk: FullDisk, caplog: pytest.LogCaptureFixture
) -> None:
    """It says so, and ends; the next recorder finds them."""
    bench.write(bench.writer(), 5)
    recorder = bench.started()
    disk.full = True
    recorder.finish(5.0)
    assert "are left in memory" in caplog.text
    disk.full = False
    bench.started().turn()
    assert sum(bench.ids().values()) == 5


def test_a_last_line_that_cannot_be_written_is_no_more_than_that(
    bench: Bench, disk: FullDisk, caplog: pytest.LogCaptureFixture
) -> None:
    """All records are in the log."""
    bench.write(bench.writer(), 5)
    recorder = bench.started()
    recorder.turn()
    disk.full = True
    recorder.finish(5.0)
    assert "last line" in caplog.text
    assert len(bench.records()) == 5


def test_it_waits_for_no_end_that_does_not_come(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Workers that go on filling their rings are not read for ever."""
    writer = bench.writer()
    bench.write(writer)
    recorder = bench.started()
    turn_once = recorder.turn

    def with_more() -> bool:
        bench.write(writer)
        bench.time.now += 1
        done = turn_once()
        bench.write(writer)
        return done

    monkeypatch.setattr(recorder, "turn", with_more)
    recorder.finish(3.0)
    assert "no end was reached in 3 s" in caplog.text


def test_another_segment_is_begun_in_between(bench: Bench) -> None:
    """When somebody asks; what follows is in the new one, and each begins with a mark."""
    writer = bench.writer()
    bench.write(writer, 2)
    recorder = bench.started()
    recorder.turn()
    bench.places.rotate.touch()
    recorder.tend()
    assert not bench.places.rotate.exists()
    bench.write(writer, 1)
    recorder.turn()
    files = sorted(bench.places.open.glob("*.ndjson"))
    assert [path.read_bytes().count(b'{"id"') for path in files] == [2, 1]
    assert all(path.read_bytes().startswith(b'{"mark":') for path in files)


def test_a_segment_that_cannot_be_begun_is_a_trouble(bench: Bench, disk: FullDisk) -> None:
    """The old one is gone on with once the disk has room."""
    writer = bench.writer()
    bench.write(writer, 1)
    recorder = bench.started()
    recorder.turn()
    bench.places.rotate.touch()
    disk.full = True
    recorder.tend()
    assert recorder.trouble is not None
    disk.full = False
    bench.write(writer, 1)
    turn(bench, recorder, AGAIN)
    assert recorder.trouble is None
    assert sum(bench.ids().values()) == 2


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


Attempt = Callable[..., Any]


class Deaths:
    """Counts effects outside of the process, and dies before, after or in the midst of one of them."""

    def __init__(self, at: int, how: str) -> None:
        self.left = at
        self.how = how
        self.has_died = False

    def around(self, act: Attempt, half: Attempt) -> Attempt:
        """Return `act` with a death in it when its turn has come; `half` does a part of it."""

        def attempt(*arguments: Any) -> Any:
            self.left -= 1
            if self.left != 0:
                return act(*arguments)
            self.has_died = True
            if self.how == "after":
                act(*arguments)
            elif self.how == "midst":
                half(*arguments)
            raise Killed

        return attempt


def wipe_half(reader: RingReader) -> None:
    """Wipe what a reader has taken, and die before its place is given back."""
    reader._wipe(reader._words[64], reader.tail)


def deadly(deaths: Deaths, patch: pytest.MonkeyPatch) -> None:
    """Let every effect of a recorder be one that it may die at."""
    write = os.write
    patch.setattr(os, "write", deaths.around(write, lambda fd, data: write(fd, data[: len(data) // 2])))
    patch.setattr(RingReader, "release", deaths.around(RingReader.release, wipe_half))
    replace, nothing = files.replace_file, (lambda *_: None)
    patch.setattr(recorder_report, "replace_file", deaths.around(replace, nothing))
    patch.setattr(os, "ftruncate", deaths.around(os.ftruncate, nothing))


def life(bench: Bench, disk_fails: bool) -> Recorder:
    """Live: take, write, begin another segment, tell, with a disk that fails in between, and end."""
    recorder = bench.started()
    for step in range(3):
        if disk_fails and step == 1:
            bench.short = "no room"
            recorder.tend()
            turn(bench, recorder, PATIENCE)
            bench.short = ""
        recorder.tend()
        bench.write(bench.writer(step % 2), 2)
        recorder.intake.look()
        turn(bench, recorder, PATIENCE)
        bench.places.rotate.touch()
        bench.save(recorder)
    recorder.finish(1.0)
    return recorder


@pytest.mark.parametrize("disk_fails", [False, True])
@pytest.mark.parametrize("how", ["before", "midst", "after"])
def test_whoever_dies_at_whatever_point_every_record_is_there_once(
    tmp_path: Path, how: str, disk_fails: bool
) -> None:
    """Killed at each effect in turn; what is written or counted as dropped is what was left in memory."""
    at = 0
    while True:
        at += 1
        folder = tmp_path / f"{at}"
        folder.mkdir()
        bench = Bench(folder)
        bench.write(bench.writer(), 3)
        bench.write(bench.writer(1), 1)
        deaths = Deaths(at, how)
        with pytest.MonkeyPatch.context() as patch:
            deadly(deaths, patch)
            try:
                life(bench, disk_fails)
            except Killed:
                pass
        bench.short = ""
        last = bench.started()
        last.intake.look()
        last.finish(1.0)
        written = bench.ids()
        lost = sum(last.counts.dropped.values())
        assert set(written.values()) <= {1}, (at, how)
        assert len(written) + lost == bench.number, (at, how)
        assert sum(gap["records"] for gap in bench.gaps()) == lost, (at, how)
        assert last.counts.records == len(written), (at, how)
        if not deaths.has_died:
            break
    assert at > 10


def test_a_life_without_a_death_is_quiet(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """No error is logged, and nothing dropped."""
    with caplog.at_level(logging.WARNING):
        recorder = life(bench, disk_fails=False)
    assert caplog.text == ""
    assert recorder.counts.dropped == {}
