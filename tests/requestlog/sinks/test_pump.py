"""The pump sends what is behind its position, and moves it only once that has been taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from gateway.requestlog.policy import Sink
from gateway.requestlog.sinks.census import Census
from gateway.requestlog.sinks.needed import needed, position_file
from gateway.requestlog.sinks.position import load
from gateway.requestlog.sinks.pump import POLL, Pump
from gateway.requestlog.sinks.target import Item, Rejected, SendFailed
from tests.requestlog.sinks.log_site import BEGIN, Log, line, record

SINK = Sink("lake", "directory", "lake", batch=10)


class Taker:
    """Takes what it is sent, unless `trouble` says otherwise."""

    def __init__(self) -> None:
        self.linger = 0.0
        self.most_bytes = 1 << 20
        self.batches: list[list[str]] = []
        self.trouble: list[Exception] = []
        self.poison: set[str] = set()
        self.rejected: Rejected | None = None
        self.closed = False

    @property
    def ids(self) -> list[str]:
        """What was taken, in order."""
        return [each for batch in self.batches for each in batch]

    def send(self, items: Sequence[Item]) -> Rejected | None:
        """Take them."""
        if self.trouble:
            raise self.trouble.pop(0)
        found = [item.record["id"] for item in items]
        if self.poison & set(found):
            raise SendFailed("answered 422", refused=True)
        self.batches.append(found)
        return self.rejected

    def close(self) -> None:
        """Remember it."""
        self.closed = True


class Stage:
    """A log, a taker and a clock that only moves when told to."""

    def __init__(self, folder: Path, sink: Sink = SINK) -> None:
        self.log = Log(folder / "log")
        self.taker = Taker()
        self.now = 0.0
        self.sink = sink
        self.pump = self.begin()

    def begin(self) -> Pump:
        """Return a pump as after a restart."""
        census = Census(self.log.places)
        self.pump = Pump(self.sink, self.log.places, lambda: self.taker, census, dice=lambda: 1.0)
        return self.pump

    def drain(self) -> None:
        """Go on until there is nothing to do now."""
        for _ in range(1000):
            if self.pump.step(self.now):
                return
        raise AssertionError("it never rests")

    def wait(self, seconds: float) -> None:
        """Let time pass and go on."""
        self.now += seconds
        self.drain()

    def stored(self) -> int:
        """Return how many records the stored position counts as sent."""
        return load(position_file(self.log.places, self.sink.name)).sent


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Everything ready."""
    return Stage(tmp_path)


def test_records_go_out_in_order_over_segments(stage: Stage) -> None:
    """In batches of at most so many, from the oldest segment there is."""
    ids = stage.log.write(25)
    stage.log.rotate()
    ids += stage.log.write(5)
    stage.drain()
    assert stage.taker.ids == ids
    assert [len(batch) for batch in stage.taker.batches] == [10, 10, 5, 5]
    assert stage.pump.step(stage.now) == POLL


def test_only_the_routes_named_go_out(tmp_path: Path) -> None:
    """What is not sent is passed all the same."""
    stage = Stage(tmp_path, replace(SINK, routes=("delays",)))
    stage.log.write(30)
    ids = stage.log.write(3, route="delays")
    stage.log.write(1, route="other")
    stage.wait(2.0)
    assert stage.taker.ids == ids
    assert stage.pump.report(stage.now + 2, 0.0).waiting_records == 0


def test_a_failure_moves_nothing_and_is_tried_again_later(stage: Stage) -> None:
    """After a pause that grows; then it goes on where it was."""
    ids = stage.log.write(15)
    stage.taker.trouble = [SendFailed("refused connection"), SendFailed("refused connection")]
    stage.drain()
    stage.wait(0.5)
    assert stage.taker.ids == []
    standing = stage.pump.report(stage.now, BEGIN / 1e6 + 7)
    assert (standing.state, standing.failed_tries, standing.error) == ("down", 1, "refused connection")
    assert (standing.waiting_records, standing.waiting_seconds) == (15, 7.0)
    assert (standing.down_for, standing.next_try) == (0.5, 0.5)
    stage.wait(0.5)
    assert stage.pump.report(stage.now, 0.0).next_try == 2.0
    stage.wait(2.0)
    assert stage.taker.ids == ids
    assert stage.pump.report(stage.now, 0.0).state == "idle"
    assert stage.pump.report(stage.now, 0.0).error == ""


def test_what_the_target_asks_for_is_kept(stage: Stage) -> None:
    """Retry-After is longer than the first pause."""
    ids = stage.log.write(1)
    stage.taker.trouble = [SendFailed("answered 503", retry_after=30.0)]
    stage.drain()
    stage.wait(29.0)
    assert stage.taker.ids == []
    stage.wait(1.0)
    assert stage.taker.ids == ids


def test_part_of_a_batch_counts_as_taken(stage: Stage) -> None:
    """So it is not sent twice when the rest follows."""
    stage.log.write(10)
    stage.taker.trouble = [SendFailed("broke off", done=4)]
    stage.drain()
    assert stage.pump.report(stage.now, 0.0).sent == 4
    stage.wait(1.0)
    assert len(stage.taker.ids) == 6


def test_the_position_is_stored_at_most_once_a_second(stage: Stage) -> None:
    """A restart sends again what was sent since, and nothing else."""
    stage.log.write(10)
    stage.drain()
    stage.log.write(10)
    stage.drain()
    assert stage.stored() == 10
    stage.begin()
    stage.drain()
    assert len(stage.taker.ids) == 30
    assert len(set(stage.taker.ids)) == 20
    stage.wait(1.0)
    assert stage.stored() == 20


def test_a_batch_may_wait_to_become_full(stage: Stage) -> None:
    """Such a target's position is stored with each batch, so that a repeat has the same first record."""
    stage.taker.linger = 5.0
    stage.log.write(4)
    stage.drain()
    stage.wait(4.0)
    assert stage.taker.batches == []
    stage.log.write(3)
    stage.wait(1.0)
    assert [len(batch) for batch in stage.taker.batches] == [7]
    assert stage.stored() == 7
    stage.log.write(12)
    stage.drain()
    assert [len(batch) for batch in stage.taker.batches] == [7, 10]
    assert stage.stored() == 17
    stage.log.rotate()
    stage.drain()
    assert [len(batch) for batch in stage.taker.batches] == [7, 10, 2]  # nothing more comes behind it


def test_a_record_that_is_refused_is_put_aside(stage: Stage) -> None:
    """The others go on, in order, and status says so."""
    ids = stage.log.write(20)
    stage.taker.poison = {ids[3], ids[17]}
    stage.drain()
    assert stage.taker.ids == [each for each in ids if each not in stage.taker.poison]
    kept = (stage.log.places.sinks / "lake.refused.ndjson").read_bytes().splitlines()
    assert [orjson.loads(each)["id"] for each in kept] == [ids[3], ids[17]]
    standing = stage.pump.report(stage.now, 0.0)
    assert (standing.sent, standing.refused, standing.state) == (18, 2, "idle")
    assert "2 refused by the target" in standing.sentence()


def test_what_a_target_throws_away_is_counted(stage: Stage) -> None:
    """A partial success is not sent again."""
    stage.taker.rejected = Rejected(2, "too old")
    stage.log.write(5)
    stage.drain()
    standing = stage.pump.report(stage.now, 0.0)
    assert (standing.sent, standing.refused) == (3, 2)
    assert "too old" in standing.sentence()
    assert len(stage.taker.batches) == 1


def test_more_than_may_wait_is_given_up_from_the_oldest_on(tmp_path: Path) -> None:
    """Exactly counted, stored at once, and the spool becomes free; what is being written stays."""
    size = len(line(record(0)))
    stage = Stage(tmp_path, replace(SINK, spill=25 * size, routes=("flights",)))
    stage.taker.trouble = [SendFailed("down")] * 100
    stage.drain()
    for _ in range(4):
        stage.log.write(5, route="other")
        stage.log.write(5)
        stage.log.seal(stage.log.rotate())
    ids = stage.log.write(40)
    stage.wait(2.0)
    standing = stage.pump.report(stage.now, 0.0)
    assert standing.lost == 20
    assert needed(stage.log.places, [stage.sink]) == stage.log.name
    stage.log.sweep(needed(stage.log.places, [stage.sink]))
    assert not list(stage.log.places.spool.iterdir())
    stage.taker.trouble = []
    stage.wait(60.0)
    assert stage.taker.ids == ids
    assert "20 given up" in stage.pump.report(stage.now, 0.0).sentence()


def test_a_segment_that_vanished_is_counted(stage: Stage) -> None:
    """Exactly where it had been counted before."""
    stage.log.write(10)
    stage.drain()
    stage.taker.trouble = [SendFailed("down")]
    stage.log.write(7)
    first = stage.log.rotate()
    stage.log.write(4)
    second = stage.log.rotate()
    ids = stage.log.write(2)
    stage.wait(1.0)
    stage.log.seal(first, needed=False)
    stage.log.seal(second, needed=False)
    stage.wait(1.0)
    assert stage.taker.ids[10:] == ids
    assert stage.pump.report(stage.now, 0.0).lost == 11


def test_a_segment_that_vanished_uncounted_is_told_of(stage: Stage) -> None:
    """Nobody can say how much was in it."""
    stage.log.write(10)
    stage.wait(1.0)
    stage.log.write(5)
    stage.log.seal(stage.log.rotate(), needed=False)
    ids = stage.log.write(3)
    stage.begin()
    stage.wait(1.0)
    assert stage.taker.ids[10:] == ids
    standing = stage.pump.report(stage.now, 0.0)
    assert (standing.lost, standing.vanished) == (0, 1)


def test_a_damaged_position_begins_anew(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Twice is better than not at all; and it is said."""
    ids = stage.log.write(5)
    stage.wait(1.0)
    position_file(stage.log.places, "lake").write_text("{")
    stage.begin()
    stage.wait(1.0)
    assert stage.taker.ids == ids * 2
    assert "lake.json is damaged" in caplog.text


def test_a_full_disk_stops_no_sending(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The position cannot be stored, and that is said."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gateway.requestlog.sinks.course.positions.store", full)
    ids = stage.log.write(30)
    stage.wait(1.0)
    assert stage.taker.ids == ids
    assert "cannot be stored" in stage.pump.report(stage.now, 0.0).sentence()


def test_a_target_that_cannot_be_made_is_down(stage: Stage) -> None:
    """A missing extra or variable is said, and nothing is lost."""
    calls = [SendFailed("a Kafka sink needs the extra `kafka`")]

    def connect() -> Taker:
        if calls:
            raise calls.pop()
        return stage.taker

    pump = Pump(SINK, stage.log.places, connect, dice=lambda: 1.0)
    ids = stage.log.write(3)
    pump.step(0.0)
    assert "needs the extra" in pump.report(0.0, 0.0).sentence()
    pump.step(1.0)
    assert stage.taker.ids == ids


def test_a_mistake_of_ours_is_said_and_tried_again(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """The thread lives on."""
    stage.taker.trouble = [ZeroDivisionError("oh")]
    ids = stage.log.write(3)
    stage.drain()
    assert "ZeroDivisionError: oh" in stage.pump.report(stage.now, 0.0).sentence()
    assert "Traceback" in caplog.text
    stage.wait(1.0)
    assert stage.taker.ids == ids


def test_lines_that_are_no_json_are_counted_as_lost(stage: Stage) -> None:
    """They were records once."""
    stage.log.append(b"{torn\n")
    stage.log.write(2)
    stage.drain()
    standing = stage.pump.report(stage.now, 0.0)
    assert (standing.sent, standing.lost) == (2, 1)
    assert "lines of the log that were no JSON: 1" in standing.sentence()
