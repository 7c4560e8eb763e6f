"""The rollouts that the controller has in mind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.rollout import record
from gateway.rollout.course import CLOSE_AFTER
from gateway.rollout.courses import Courses
from gateway.routing import journal
from tests.rollout.controller_site import Stage, shown


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A gateway's files."""
    made = Stage.made(tmp_path)
    yield made
    shutil.rmtree(made.site.places.run.resolve())


def test_one_rollout_is_opened_once(stage: Stage) -> None:
    """Then it is remembered, until it was closed."""
    courses = Courses(stage.site.places, stage.ports())
    with journal.opened(stage.site.places.journal) as connection:
        found = courses.of(connection, 2, 100.0)
        assert courses.of(connection, 2, 101.0) is found
        courses.close_those_over({2}, 102.0)
        courses.close_those_over(set(), 103.0)
        courses.close_those_over(set(), 103.0 + CLOSE_AFTER)
        assert stage.workers.closed == [2]
        assert courses.of(connection, 2, 200.0) is not found
    assert len(stage.workers.before) == 2


def test_what_workers_left_is_taken_up(stage: Stage) -> None:
    """Each rollout once, however many workers wrote of it."""
    for rollout, worker in ((2, 0), (2, 1), (31, 0)):
        stage.site.places.ledger(rollout, worker).write_bytes(b"")
    courses = Courses(stage.site.places, stage.ports())
    with journal.opened(stage.site.places.journal) as connection:
        courses.take_leftovers(connection, 100.0)
    courses.close_those_over({31}, 101.0)
    courses.close_those_over({31}, 101.0 + CLOSE_AFTER)
    assert stage.workers.closed == [2]


def test_the_time_of_a_step_begins_anew_on_the_disk_too(stage: Stage) -> None:
    """For a rollout that is known, for one that is only kept, and not for one that is neither."""
    ports = stage.ports()
    courses = Courses(stage.site.places, ports)
    with journal.opened(stage.site.places.journal) as connection:
        for rollout in (2, 3):
            record.save_evidence(connection, rollout, shown(rollout, 0), 42.0)
        known = courses.of(connection, 2, 100.0)
        assert known.elapsed == 42.0
        for rollout in (2, 3, 4):
            courses.begin_leg(connection, rollout)
        assert known.elapsed == 0.0
        assert [record.load_evidence(connection, rollout) for rollout in (2, 3, 4)] == [
            (shown(2, 0), 0.0),
            (shown(3, 0), 0.0),
            None,
        ]


def test_everything_known_is_kept_at_the_end(stage: Stage) -> None:
    """So that the next process loses no second."""
    courses = Courses(stage.site.places, stage.ports())
    with journal.opened(stage.site.places.journal) as connection:
        for rollout in (2, 3):
            course = courses.of(connection, rollout, 100.0)
            course.tick(101.0 + rollout / 10)
        courses.save(connection, 102.0)
    assert stage.kept(2)[1] == pytest.approx(1.2)
    assert stage.kept(3)[1] == pytest.approx(1.3)
