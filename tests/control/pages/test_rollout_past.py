"""What happened in a rollout comes from the journal: events with who and why, evidence as it was noted."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from gateway.control.changes import Asker
from gateway.control.models import NewRollout, Reasoned
from gateway.control.pages import rollout_past
from gateway.control.rollouts.changes import abort, pause, start
from gateway.rollout.decision import Situation
from gateway.rollout.evidence import Evidence
from gateway.rollout.ports import Decided
from gateway.rollout.record import append_decided
from gateway.rollout.verdict import MetricVerdict, Verdict
from gateway.routing import journal
from gateway.routing.judges import Judge

if TYPE_CHECKING:
    from tests.control.conftest import Site

WEIGHTS = "{blue: 100, green: 0, canary: 0}"


def begin(site: Site) -> None:
    """Start a rollout whose canary nobody has seen."""
    start(site.places, Asker("ann", "retrained"), "late", NewRollout(canary="canary", force=True))


def note(site: Site, *marks: float) -> None:
    """Note decisions at these seconds, each with as much evidence."""
    progress = site.route().progress
    assert progress is not None
    with journal.opened(site.places.journal) as connection:
        for at in marks:
            metric = MetricVerdict(
                "errors", "inconclusive", "", worse=at, worse_bar=100.0, good=1.0, good_bar=4.0
            )
            verdict = Verdict("inconclusive", "", (metric,))
            rules, evidence = site.route().rollout, Evidence(progress.id)
            append_decided(
                connection,
                Decided(
                    at,
                    progress.id,
                    "late",
                    2,
                    Judge(),
                    progress,
                    rules,
                    evidence,
                    (),
                    Situation(),
                    verdict,
                    None,
                ),
            )


def test_events_are_told_newest_first(site: Site) -> None:
    """Each with its author, its reason and where the rollout stood after it; none of other routes."""
    begin(site)
    pause(site.places, Asker("bo", "lunch"), "late", Reasoned())
    abort(site.places, Asker("ann"), "late", Reasoned())
    found = rollout_past.events(site.places, "late")
    assert [(event["words"], event["author"], event["why"]) for event in found] == [
        ("taken back by a person", "ann", ""),
        ("paused", "bo", "lunch"),
        ("started", "ann", "retrained"),
    ]
    assert (found[-1]["revision"], found[-1]["weight"], found[-1]["steps"]) == (2, 5.0, 4)
    assert rollout_past.events(site.places, "protocol") == []


def test_the_trace_has_the_evidence_in_percent(site: Site) -> None:
    """Oldest first; another rollout has none."""
    begin(site)
    note(site, 10.0, 20.0)
    assert rollout_past.trace(site.places, 2) == [
        {"at": 10.0, "metrics": {"errors": [10, 25]}},
        {"at": 20.0, "metrics": {"errors": [20, 25]}},
    ]
    assert rollout_past.trace(site.places, 3) == []


def test_a_long_trace_is_thinned_but_keeps_its_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chart needs no more points than it has pixels."""
    monkeypatch.setattr(rollout_past, "POINTS", 3)
    begin(site)
    note(site, *map(float, range(1, 9)))
    assert [point["at"] for point in rollout_past.trace(site.places, 2)] == [2.0, 5.0, 8.0]


def test_an_unreadable_decision_is_left_out(site: Site) -> None:
    """The page is shown all the same."""
    begin(site)
    note(site, 10.0, 20.0)
    with sqlite3.connect(site.places.journal) as connection:
        connection.execute("UPDATE decisions SET body = x'00' WHERE at = 10.0")
    connection.close()
    assert [point["at"] for point in rollout_past.trace(site.places, 2)] == [20.0]
