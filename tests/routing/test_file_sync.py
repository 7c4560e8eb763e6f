"""routing.yaml and the journal are kept in line, whichever of them was changed, and whatever goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.routing import file_sync, journal
from gateway.routing.change import commit
from gateway.routing.complaint import complaint
from gateway.routing.file import read_plan
from gateway.routing.file_sync import begin, follow_file, write_back
from gateway.routing.plan import RoutingPlan
from gateway.routing.shares import set_shares
from tests.routing.change_site import FILE, ME, ROUTING, Site

TEN, ALL_BACK = "canary: 10}", "weights: {blue: 100, green: 0, canary: 0}   # keep this remark"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A gateway's files at revision 1."""
    made = Site.made(tmp_path)
    yield made
    shutil.rmtree(made.places.run.resolve(), ignore_errors=True)


def save(site: Site, old: str, new: str) -> None:
    """Edit routing.yaml as a person does."""
    assert old in site.text()
    site.config.write_text(site.text().replace(old, new))


def test_a_save_becomes_a_revision(site: Site) -> None:
    """What the file says is what is live; looking again finds nothing new."""
    save(site, TEN, "canary: 30}")
    assert follow_file(site.places, FILE, site.config)
    assert (site.head().revision, site.head().text, site.head().file) == (2, site.text(), "written")
    assert site.shares() == {"blue": 75.0, "green": 0.0, "canary": 25.0}
    assert not follow_file(site.places, FILE, site.config)


def test_a_save_that_says_the_same_makes_no_revision_and_is_remembered(site: Site) -> None:
    """New comments are the revision's text from now on, so that they come back with it."""
    save(site, "# keep this remark", "# a better remark")
    assert not follow_file(site.places, FILE, site.config)
    assert (site.head().revision, site.head().text) == (1, site.text())
    site.set(20)
    site.restore(1)
    assert "canary: 10}   # a better remark" in site.text()


def promote(plan: RoutingPlan) -> RoutingPlan:
    """Make canary stable and give it everything."""
    [late] = plan.routes
    weights = tuple((name, 100_000 if name == "canary" else 0) for name, _ in late.weights)
    return replace(plan, routes=(replace(late, stable="canary", weights=weights, keyed=()),))


@pytest.mark.parametrize("said", ["    stable: blue\n", ""])
def test_who_became_stable_is_written_back(tmp_path: Path, said: str) -> None:
    """Also where the file did not say so: then it says it now, and reading it finds nothing new."""
    site = Site.made(tmp_path, ROUTING.replace("    stable: blue\n", said))
    try:
        commit(site.places, ME, promote)
        write_back(site.places, site.config)
        wanted = ROUTING.replace("stable: blue", "stable: canary").replace("blue: 90", "blue: 0")
        assert site.text() == wanted.replace("canary: 10", "canary: 100")
        assert (site.head().text, site.head().file) == (site.text(), "written")
        assert not follow_file(site.places, FILE, site.config)
        assert read_plan(site.text(), site.config).routes[0].stable == site.live().routes[0].stable
        site.restore(1)
        assert site.text() == ROUTING.replace("    stable: blue\n", said)
    finally:
        shutil.rmtree(site.places.run.resolve(), ignore_errors=True)


def test_a_change_is_written_back_with_comments_and_layout_kept(site: Site) -> None:
    """Only the numbers of the weights differ; the journal has the text and nothing waits any more."""
    site.set(25)
    assert site.text() == ROUTING.replace("blue: 90", "blue: 75").replace("canary: 10", "canary: 25")
    assert (site.head().text, site.head().file) == (site.text(), "written")
    assert not follow_file(site.places, FILE, site.config)
    write_back(site.places, site.config)
    assert site.head().revision == 2


def test_a_broken_save_changes_nothing_and_says_why(site: Site) -> None:
    """The complaint stands until the file is mended or taken back."""
    save(site, "weights:", "wieghts:")
    assert not follow_file(site.places, FILE, site.config)
    assert site.head().revision == 1
    found = complaint(site.places)
    assert found is not None
    assert found["kind"] == "refused"
    assert "routing.yaml:11:" in found["message"]
    assert "weights" in found["message"]
    save(site, "wieghts:", "weights:")
    assert not follow_file(site.places, FILE, site.config)
    assert complaint(site.places) is None


def test_a_file_that_is_gone_changes_nothing_and_says_so(site: Site) -> None:
    """Some editors remove it for a moment; what is live stays live, and a restart comes back."""
    site.config.unlink()
    assert not follow_file(site.places, FILE, site.config)
    found = complaint(site.places)
    assert found is not None
    assert found["kind"] == "unreadable"
    assert begin(site.places, FILE, site.config).revision == 1
    site.config.write_text(ROUTING)
    follow_file(site.places, FILE, site.config)
    assert complaint(site.places) is None


def test_an_earlier_revision_comes_back_with_its_comments(site: Site) -> None:
    """The whole file of that time is restored: services, paths, remarks."""
    save(site, "# keep this remark", "# the second remark")
    save(site, "path: /v2/models/late", "path: /late")
    follow_file(site.places, FILE, site.config)
    second = site.text()
    restored = site.restore(1)
    assert (restored.revision, restored.routes[0].path, site.text()) == (3, "/v2/models/late", ROUTING)
    assert not follow_file(site.places, FILE, site.config)
    assert site.restore(2).revision == 4
    assert site.text() == second


def test_a_revision_that_was_never_written_comes_back_all_the_same(site: Site) -> None:
    """Its text is made from the one before it."""
    commit(site.places, ME, lambda head: set_shares(head, {"canary": 20}))
    site.set(30)
    assert site.restore(2).revision == 4
    assert site.text() == ROUTING.replace("blue: 90", "blue: 80").replace("canary: 10", "canary: 20")


def test_a_save_is_taken_however_fast_others_change_routing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that comes in between makes it look again; what was saved is not given up on."""
    others = iter(range(20, 30))

    def slowly(text: str, path: Path) -> RoutingPlan:
        plan = read_plan(text, path)
        if (share := next(others, None)) is not None:
            commit(site.places, ME, lambda head: set_shares(head, {"canary": share}))
        return plan

    monkeypatch.setattr(file_sync, "read_plan", slowly)
    save(site, "path: /v2/models/late", "path: /late")
    assert follow_file(site.places, FILE, site.config)
    assert site.live().routes[0].path == "/late"
    with journal.opened(site.places.journal) as connection:
        assert len(journal.latest(connection, 100)) == site.live().revision
