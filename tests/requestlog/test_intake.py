"""The intake: all rings in turns, nothing twice, nothing lost, drops counted exactly."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from gateway.requestlog import intake as module
from gateway.requestlog.frame import read_frame
from gateway.requestlog.intake import UNREADABLE, Intake, Loss
from gateway.requestlog.marks import RingMark
from gateway.requestlog.ring import RingWriter
from gateway.requestlog.ring_layout import AT_VERSION, LEAST, REASONS, VERSION
from tests.requestlog.frames import frame
from tests.requestlog.logs import Bench
from tests.requestlog.rings import word


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Rings and a log."""
    return Bench(tmp_path)


def looked(bench: Bench) -> Intake:
    """Return an intake that has found the rings there are."""
    intake = Intake(bench.rings)
    intake.look()
    return intake


def numbers(taken: list[tuple[int, list[bytes]]]) -> dict[int, list[int]]:
    """Return the records' numbers by worker."""
    return {worker: [read_frame(data).n for data in frames] for worker, frames in taken}


def test_frames_of_all_workers_are_taken_once(bench: Bench) -> None:
    """In order; rings that come later are found, and workers are told by the rings' names."""
    bench.write(bench.writer(0), 2)
    intake = looked(bench)
    bench.write(bench.writer(12), 1)
    assert numbers(intake.take()) == {0: [0, 1]}
    intake.look()
    assert numbers(intake.take()) == {12: [0]}
    assert intake.take() == []


def test_what_is_put_back_comes_again(bench: Bench) -> None:
    """And what is released does not."""
    writer = bench.writer()
    bench.write(writer, 2)
    intake = looked(bench)
    assert intake.unread() > 0
    first = intake.take()
    intake.put_back()
    assert intake.take() == first
    intake.release(first)
    assert intake.unread() == 0
    bench.write(writer)
    assert numbers(intake.take()) == {0: [2]}


def test_one_ring_has_its_share_and_no_more(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is busy does not keep the others waiting."""
    monkeypatch.setattr(module, "SHARE", 600)
    bench.write(bench.writer(0), 50)
    bench.write(bench.writer(1), 1)
    taken = numbers(looked(bench).take())
    assert 0 < len(taken[0]) < 5
    assert taken[1] == [0]


def test_another_reader_goes_on_behind_a_mark(bench: Bench) -> None:
    """It was told how far the one before it has written."""
    bench.write(bench.writer(), 3)
    one = looked(bench)
    first = one.take()
    mark = one.mark({})
    assert one.mark({}, released=True).rings[0].tail == 0
    other = looked(bench)
    other.go_on(mark.rings)
    assert other.take() == []
    assert numbers(first) == {0: [0, 1, 2]}
    assert other.mark({}) == other.mark({}, released=True) == mark


def test_marks_of_other_rings_are_none(bench: Bench) -> None:
    """A ring of another birth, one that is gone, a tail long passed."""
    bench.write(bench.writer(), 1)
    intake = looked(bench)
    birth = intake.births()[0]
    intake.go_on({0: RingMark(birth + 1, 64), 4: RingMark(1, 8)})
    assert numbers(intake.take()) == {0: [0]}
    intake.release(intake.take())
    intake.go_on({0: RingMark(birth, 0)})
    assert intake.births() == {0: birth}


def test_a_mark_that_makes_no_sense_gives_up_what_waits(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """It is counted and said; what comes next is read."""
    writer = bench.writer()
    bench.write(writer, 3)
    intake = looked(bench)
    intake.go_on({0: RingMark(intake.births()[0], 1 << 40)})
    assert "given up" in caplog.text
    assert intake.losses() == [Loss(0, "unreadable", 3)]
    bench.write(writer)
    assert numbers(intake.take()) == {0: [3]}


def test_a_ring_that_was_written_into_is_given_up_and_counted(bench: Bench) -> None:
    """As many as were numbered since the last one read, without those dropped."""
    writer = bench.writer()
    bench.write(writer, 2)
    intake = looked(bench)
    intake.release(intake.take())
    bench.write(writer, 3)
    word(bench.rings()[0], "tail", 1 << 50)
    intake = looked(bench)
    assert intake.take() == []
    (loss,) = intake.losses()
    assert loss.reason == "unreadable"
    bench.write(writer)
    intake.take()
    assert intake.losses() == []


def test_drops_are_told_once(bench: Bench) -> None:
    """By reason; another reader that knows of them by the mark does not tell them again."""
    writer = bench.writer()
    while all(bench.write(writer, 1, request_body=b"x" * 8_000)):
        pass
    writer.write(b"x" * LEAST)
    intake = looked(bench)
    assert sorted(intake.losses()) == [Loss(0, "full", 1), Loss(0, "too_large", 1)]
    assert intake.losses() == []
    other = looked(bench)
    other.go_on(intake.mark({}).rings)
    assert other.losses() == []
    assert intake.mark({}).rings[0].dropped == dict.fromkeys(REASONS, 1)
    assert 0.5 < intake.fill() <= 1


def test_a_ring_in_the_place_of_another_is_read_after_it(bench: Bench) -> None:
    """The old one to its end, drops included; then the new one."""
    bench.write(bench.writer(), 1)
    intake = looked(bench)
    before = intake.births()
    bench.rings()[0].unlink()
    bench.write(bench.writer(), 2)
    intake.look()
    assert intake.births() == before
    intake.release(intake.take())
    intake.look()
    assert intake.births() != before
    assert numbers(intake.take()) == {0: [0, 1]}


def test_a_file_that_is_no_ring_is_said_once(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """It may become one: it is tried again."""
    (bench.run / "ring-3").write_bytes(b"nothing")
    intake = Intake(bench.rings)
    with caplog.at_level(logging.ERROR):
        intake.look()
        intake.look()
    assert [record.getMessage().endswith("it is tried again") for record in caplog.records] == [True]
    (bench.run / "ring-3").unlink()
    bench.write(bench.writer(3))
    intake.look()
    assert numbers(intake.take()) == {3: [0]}


def test_it_lets_go_of_all_rings(bench: Bench) -> None:
    """At the end nothing is left."""
    bench.write(bench.writer())
    intake = looked(bench)
    intake.close()
    assert intake.take() == []
    assert intake.fill() == 0


def test_a_ring_of_another_version_in_which_records_wait_is_a_loss_told_once(tmp_path: Path) -> None:
    """How many they were nobody knows; one without any is no loss."""
    for number, frames in ((3, [frame()]), (4, [])):
        path = tmp_path / f"ring-{number}"
        writer = RingWriter(path, LEAST)
        for data in frames:
            writer.write(data)
        writer.close()
        with path.open("r+b") as file:
            file.seek(AT_VERSION * 8)
            file.write((VERSION - 1).to_bytes(8, "little"))
    intake = Intake(lambda: sorted(tmp_path.glob("ring-*")))
    intake.look()
    intake.look()
    assert intake.losses() == [Loss(3, UNREADABLE, 1)]
    assert intake.losses() == []
