"""Rollouts with what became of them, and what going back would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.control.changes import Asker, set_weights
from gateway.control.models import NewRollout, Promotion, Reasoned
from gateway.control.pages.history_view import going_back, rollouts_in, unjudged
from gateway.control.rollouts.changes import abort, pause, promote, start
from gateway.routing import journal

if TYPE_CHECKING:
    from gateway.routing.journal import Revision
    from tests.control.conftest import Site

WEIGHTS = "{blue: 100, green: 0, canary: 0}"
ANN = Asker("ann", "retrained")


def begin(site: Site) -> None:
    """Start a rollout."""
    start(site.places, ANN, "late", NewRollout(canary="canary", force=True))


def revisions(site: Site) -> list[Revision]:
    """All there are, newest first."""
    with journal.opened(site.places.journal) as connection:
        return journal.latest(connection, 50)


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        ("abort", "taken back"),
        ("pause", "paused"),
        ("promote", "became stable"),
        ("weights", "ended by hand"),
    ],
)
def test_a_rollout_has_its_latest_outcome(site: Site, event: str, outcome: str) -> None:
    """With who began it and why."""
    begin(site)
    if event == "abort":
        abort(site.places, ANN, "late", Reasoned())
    elif event == "pause":
        pause(site.places, ANN, "late", Reasoned())
    elif event == "promote":
        promote(site.places, ANN, "late", Promotion(full=True))
    else:
        set_weights(site.places, ANN, "late", {"green": 1})
    (found,) = rollouts_in(revisions(site))
    assert (found["id"], found["canary"], found["outcome"]) == (2, "canary", outcome)
    assert (found["author"], found["reason"]) == ("ann", "retrained")


def test_the_latest_rollout_comes_first(site: Site) -> None:
    """One whose beginning is out of sight has no author."""
    begin(site)
    abort(site.places, ANN, "late", Reasoned())
    begin(site)
    assert [found["id"] for found in rollouts_in(revisions(site))] == [4, 2]
    assert rollouts_in(revisions(site)[1:2])[0]["author"] == ""


def test_going_back_says_what_would_change(site: Site) -> None:
    """Nothing where it is the same already."""
    set_weights(site.places, ANN, "late", {"green": 1})
    newest, first = revisions(site)
    assert going_back(newest.plan, first.plan) == ["late: blue 0 % -> 100 %, green 100 % -> 0 %"]
    assert going_back(newest.plan, newest.plan) == []


def test_going_back_into_a_rollout_warns_that_nobody_would_judge_it(site: Site) -> None:
    """Its canary gets its share again, and the rollout does not come back."""
    begin(site)
    set_weights(site.places, ANN, "late", {"blue": 1})
    newest, during, first = revisions(site)
    (warning,) = unjudged(newest.plan, during.plan)
    assert "gives canary its 5 % again, but not the rollout: nobody judges it" in warning
    assert unjudged(newest.plan, first.plan) == []
    assert unjudged(during.plan, during.plan) == []
