"""Whatever happens to a rollout is noticed once, whoever dies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.rollout import following, moves
from gateway.rollout.following import Follower
from gateway.routing import journal
from gateway.routing.shares import set_shares
from tests.rollout.controller_site import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A gateway with two routes, at revision 1."""
    made = Stage.made(tmp_path)
    yield made
    shutil.rmtree(made.site.places.run.resolve())


def look(stage: Stage, follower: Follower, *, remember: bool = True) -> list[tuple[int, str]]:
    """Return what is new: revisions and events."""
    with journal.opened(stage.site.places.journal) as connection:
        news = follower.look(connection)
    if news is None:
        return []
    if remember:
        follower.remember(news)
    return [(entry.revision, transition.event) for entry, transition in news.transitions]


def test_each_transition_comes_with_its_revision(stage: Stage) -> None:
    """Those between two looks in their order, and none of revisions that moved no rollout."""
    follower = Follower(stage.site.places)
    assert look(stage, follower) == []
    stage.start()
    stage.move("pause", moves.pause, "lunch")
    stage.change("set-weight", lambda plan: set_shares(plan, {"canary": 7}, "other"))
    assert look(stage, follower) == [(2, "started"), (3, "paused")]
    assert follower.plan == stage.site.live()
    assert look(stage, follower) == []


def test_what_was_not_remembered_comes_again(stage: Stage) -> None:
    """Whoever dies in between has told nobody."""
    follower = Follower(stage.site.places)
    look(stage, follower)
    stage.start()
    assert look(stage, follower, remember=False) == [(2, "started")]
    assert look(stage, follower, remember=False) == [(2, "started")]
    assert look(stage, Follower(stage.site.places)) == [(2, "started")]
    assert look(stage, Follower(stage.site.places)) == []


def test_an_empty_journal_is_no_news(stage: Stage) -> None:
    """Nothing was started yet."""
    follower = Follower(stage.site.places)
    with journal.opened(stage.site.places.state / "another.db") as connection:
        assert follower.look(connection) is None
    assert follower.plan is None


@pytest.mark.parametrize("remembered", [b"", b"no number", b"99\n"])
def test_a_memory_that_makes_no_sense_is_none(stage: Stage, remembered: bytes) -> None:
    """Damaged, or of a journal that was put back: the latest plan, and nothing to tell."""
    stage.start()
    (stage.site.places.state / "rollouts.told").write_bytes(remembered)
    follower = Follower(stage.site.places)
    assert look(stage, follower) == []
    assert follower.plan == stage.site.live()
    stage.move("pause", moves.pause, "lunch")
    assert look(stage, follower) == [(3, "paused")]


def test_of_very_many_the_latest_are_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And the log names those that are not."""
    monkeypatch.setattr(following, "FOLLOWED_AT_ONCE", 2)
    follower = Follower(stage.site.places)
    look(stage, follower)
    stage.start()
    for how in (moves.pause, moves.resume, moves.pause):
        stage.move("by hand", how, "why")
    assert look(stage, follower) == [(4, "resumed"), (5, "paused")]
    assert "of revisions 2 to 3 nobody is told" in caplog.text
