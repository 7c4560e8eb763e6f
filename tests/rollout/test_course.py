"""One rollout as the controller knows it from tick to tick."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rollout.course import CLOSE_AFTER, LONGEST_TICK, NOTE_EVERY, Course
from gateway.rollout.evidence import Evidence
from gateway.rollout.verdict import MetricVerdict, Verdict
from gateway.routing import journal
from gateway.routing.plan import Route
from tests.rollout.controller_site import ReaderOfOne, Stage, Workers, said, shown


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A gateway whose route `late` is at the first step of rollout 2."""
    made = Stage.made(tmp_path)
    made.start()
    yield made
    shutil.rmtree(made.site.places.run.resolve())


def late(stage: Stage) -> Route:
    """Return the route."""
    return stage.site.live().routes[0]


def fresh(workers: Workers | None = None) -> Course:
    """Return one that nothing is known of, at 100 s."""
    return Course(ReaderOfOne(workers or Workers(), 2), Evidence(2), 0.0, 100.0)


@given(st.lists(st.floats(-1e6, 1e6)))
def test_time_never_goes_back_and_a_tick_adds_little(steps: list[float]) -> None:
    """Whatever the clock does, nobody's time is counted that nobody ticked."""
    course, now, before = fresh(), 100.0, 0.0
    for step in steps:
        now += step
        course.tick(now)
        assert before <= course.elapsed <= before + LONGEST_TICK
        before = course.elapsed


def test_what_cannot_be_read_is_silence(stage: Stage) -> None:
    """As long as nothing was read, or as the workers themselves were silent."""
    workers = Workers(silence=3.0)
    course = fresh(workers)
    course.look(late(stage), 101.0)
    assert (course.silent(102.0), course.trouble) == (2.0, None)
    assert course.silent(104.0) == 3.0
    workers.error = OSError("gone")
    course.look(late(stage), 120.0)
    assert (course.silent(120.0), course.trouble) == (19.0, workers.error)
    assert course.evidence == shown(2, 0)
    workers.error, workers.problem = None, "one is full"
    course.look(late(stage), 121.0)
    assert course.silent(121.0) == 3.0
    assert str(course.trouble) == "one is full"


def test_the_rate_is_that_of_the_last_while(stage: Stage) -> None:
    """Requests of both versions; nothing is known from one look."""
    workers = Workers(canary=0, stable=0)
    course = fresh(workers)
    course.look(late(stage), 100.0)
    assert course.rate == 0.0
    for second in range(1, 100):
        workers.stable += 10 if second < 50 else 20
        course.look(late(stage), 100.0 + second)
    assert course.rate == pytest.approx(20.0)
    assert course.step_requests(0) == workers.stable
    assert course.step_requests(1) == 0


def test_another_process_begins_with_what_was_kept(stage: Stage) -> None:
    """Evidence and time; without any, with nothing."""
    places, ports = stage.site.places, stage.ports()
    with journal.opened(places.journal) as connection:
        first = Course.opened(ports, connection, places, 2, 100.0)
        assert (first.evidence, first.elapsed, stage.workers.before) == (Evidence(2), 0.0, [None])
        first.look(late(stage), 101.0)
        first.tick(101.5)
        assert not first.is_save_due(104.9)
        assert first.is_save_due(105.0)
        first.save(ports, connection, 105.0)
        assert not first.is_save_due(106.0)
        second = Course.opened(ports, connection, places, 2, 0.0)
    assert (second.evidence, second.elapsed) == (first.evidence, 1.5)
    assert stage.workers.before[-1] == first.evidence


def test_a_verdict_is_noted_when_it_is_another_one_or_old() -> None:
    """What a metric says counts as well as what all say together."""
    course = fresh()
    assert course.is_note_due(said("inconclusive"), 100.0)
    course.noted(said("inconclusive"), 100.0)
    assert not course.is_note_due(said("inconclusive"), 100.0 + NOTE_EVERY - 1)
    assert course.is_note_due(said("inconclusive"), 100.0 + NOTE_EVERY)
    other = Verdict("inconclusive", "1 of 2", (MetricVerdict("errors", "pass", "1 of 2"),))
    assert course.is_note_due(other, 101.0)


def test_a_reader_is_closed_a_while_after_the_end() -> None:
    """Once; a rollout that is active again, as after a journal was put back, is counted on."""
    workers = Workers()
    course = fresh(workers)
    assert not course.is_closed(True, 100.0)
    assert not course.is_closed(False, 200.0)
    assert not course.is_closed(True, 201.0)
    assert not course.is_closed(False, 300.0)
    assert not course.is_closed(False, 300.0 + CLOSE_AFTER - 1)
    assert workers.closed == []
    assert course.is_closed(False, 300.0 + CLOSE_AFTER)
    assert workers.closed == [2]
