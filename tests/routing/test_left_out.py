"""Revisions whose makers died before they could record them come into the trail from the journal."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.audit.read import latest
from gateway.routing import change, journal, left_out
from gateway.routing.audited import note
from gateway.routing.left_out import has_revisions, note_left_out
from gateway.routing.shares import set_shares
from tests.routing.change_site import ME, Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The files of a gateway."""
    found = Site.made(tmp_path)
    yield found
    shutil.rmtree(found.places.run.resolve(), ignore_errors=True)


def test_a_trail_without_revisions_is_told_from_one_with_some(site: Site) -> None:
    """Whatever else is recorded, such as the start of the gateway, which names the plan it began with."""
    assert has_revisions(site.places)
    shutil.rmtree(site.places.audit)
    note(site.places, "up", "cli:ann", after={"plan": 1})
    assert not has_revisions(site.places)


def test_what_a_killed_process_left_out_is_recorded_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the journal, once, and not before its maker had the time to do so itself."""
    with monkeypatch.context() as patch:
        patch.setattr(change, "_note", lambda *_: None)
        site.set(20)
    site.set(30)
    with journal.opened(site.places.journal) as connection:
        revisions = journal.since(connection, 1)
    monkeypatch.setattr(left_out, "SETTLED", 3600.0)
    assert note_left_out(site.places, 0, revisions) == 0  # they are too young
    monkeypatch.setattr(left_out, "SETTLED", 0.0)
    assert note_left_out(site.places, 0, revisions) == 3
    assert note_left_out(site.places, 0, revisions) == 3
    late, *others = latest(site.places.audit, 99)
    assert len(others) == 2
    assert (late["after"]["revision"], late["from"], late["who"]) == (2, "journal", "me")
    assert late["before"]["routes"]["late"]["weights"]["canary"] == 10.0
    assert "recorded late" in late["detail"]


def test_a_change_is_live_before_the_trail_is_written(site: Site) -> None:
    """Whoever dies in between has journalled it, and the trail gets its entry from there."""

    class Killed(BaseException):
        pass

    def die() -> None:
        assert site.live().revision == 2
        raise Killed

    with pytest.raises(Killed):
        change.commit(site.places, ME, lambda plan: set_shares(plan, {"canary": 20}), live=die)
    assert len(latest(site.places.audit, 99)) == 1
    with journal.opened(site.places.journal) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(left_out, "SETTLED", 0.0)
        assert note_left_out(site.places, 1, journal.since(connection, 1)) == 2
    assert latest(site.places.audit, 99)[0]["after"]["revision"] == 2
