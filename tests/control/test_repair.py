"""What was left undone by a process that was killed is finished by the next one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from gateway.control import repair
from gateway.routing import journal
from gateway.routing.change import Request, commit, locked
from gateway.routing.journal import FileState, Revision
from gateway.routing.plan import RoutingPlan
from gateway.routing.revise import succeed
from gateway.routing.shares import replace_weights
from gateway.routing.slot import publish, published

if TYPE_CHECKING:
    from tests.control.conftest import Site


def to_green(plan: RoutingPlan) -> RoutingPlan:
    """Everything of one route to green."""
    return replace_weights(plan, "late", {"green": 1})


def journalled_only(site: Site) -> None:
    """A revision whose author was killed before it was published."""
    head = site.head().plan
    plan = succeed(head, to_green(head))
    with journal.opened(site.places.journal) as connection:
        journal.append(connection, Revision(plan.revision, 0.0, "x", "", "x", plan, None, "pending"))


def mark(site: Site, state: FileState) -> None:
    """Set what the journal says of routing.yaml."""
    with journal.opened(site.places.journal) as connection:
        journal.set_file(connection, site.head().revision, None, state)


def test_nothing_to_publish(site: Site) -> None:
    """Where journal and slot agree, nothing is done."""
    assert repair.publish_latest(site.places) is None
    assert site.live() == 1


def test_a_revision_that_was_journalled_is_published(site: Site) -> None:
    """What was on the disk before a kill -9 becomes live, once."""
    journalled_only(site)
    assert site.live() == 1
    assert repair.publish_latest(site.places) == 2
    assert (site.live(), site.weights()["green"]) == (2, 100.0)
    assert repair.publish_latest(site.places) is None


def test_a_publication_that_was_cut_short_is_completed(site: Site) -> None:
    """The file of the slot was replaced, its word was not: workers would not notice."""
    journalled_only(site)
    before = site.places.slot.read_bytes()
    repair.publish_latest(site.places)
    site.places.slot.write_bytes(before)
    assert repair.publish_latest(site.places) == 2
    assert site.live() == 2


def test_a_slot_that_is_empty_is_filled(site: Site) -> None:
    """Without a published plan the latest revision is published."""
    site.places.plan.unlink()
    assert repair.publish_latest(site.places) == 1
    assert published(site.places) == site.head().plan


def test_a_change_under_way_is_waited_for(site: Site) -> None:
    """Whoever holds the lock may be between journal and slot; it publishes what it journalled itself."""
    found: list[int | None] = []
    with locked(site.places.change_lock):
        journalled_only(site)
        thread = threading.Thread(target=lambda: found.append(repair.publish_latest(site.places)))
        thread.start()
        publish(site.places, site.head().plan)
    thread.join()
    assert found == [None]


def test_an_empty_journal_has_nothing_to_publish(site: Site) -> None:
    """Before the first revision there is nothing to do."""
    with journal.opened(site.places.journal) as connection:
        connection.execute("DELETE FROM revisions")
    assert repair.publish_latest(site.places) is None
    assert not repair.write_unwritten(site.places, site.config)
    assert not repair.retry_writing(site.places, site.config)


def test_the_file_is_written_where_it_still_waits(site: Site) -> None:
    """The live weights come into routing.yaml, its comments and layout kept."""
    commit(site.places, Request("x", "x"), to_green)
    before = site.config.read_text()
    assert repair.write_unwritten(site.places, site.config)
    assert site.config.read_text() == before.replace(
        "{blue: 90, green: 0, canary: 10}   # keep", "{blue: 0, green: 100, canary: 0}   # keep"
    )
    assert site.head().file == "written"
    assert not repair.write_unwritten(site.places, site.config)


def test_what_could_not_be_written_is_tried_again(site: Site) -> None:
    """Once the disk has room again, routing.yaml says what is live."""
    commit(site.places, Request("x", "x"), to_green)
    mark(site, "unwritable")
    assert repair.retry_writing(site.places, site.config)
    assert "green: 100" in site.config.read_text()
    assert site.head().file == "written"


def test_an_edit_made_meanwhile_is_not_overwritten(site: Site) -> None:
    """A person's save is taken as an edit, by whoever follows the file."""
    commit(site.places, Request("x", "x"), to_green)
    mark(site, "unwritable")
    site.save("canary: 10", "canary: 11")
    assert not repair.retry_writing(site.places, site.config)
    assert "canary: 11" in site.config.read_text()


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_is_gone_or_no_text_is_not_written(site: Site, content: bytes | None) -> None:
    """There is nothing to write the weights into."""
    commit(site.places, Request("x", "x"), to_green)
    mark(site, "unwritable")
    site.config.unlink()
    if content is not None:
        site.config.write_bytes(content)
    assert not repair.retry_writing(site.places, site.config)


def test_a_file_that_is_written_is_not_written_again(site: Site) -> None:
    """The ordinary case: there is nothing to retry."""
    before = site.config.stat()
    assert not repair.retry_writing(site.places, site.config)
    assert site.config.stat().st_mtime_ns == before.st_mtime_ns


def test_every_change_leaves_traces(site: Site) -> None:
    """While journal and slot rest, looking costs next to nothing; no change is overlooked."""
    with journal.opened(site.places.journal):  # as the watcher does, so that it grows with each change
        at_rest = repair.traces(site.places)
        assert repair.traces(site.places) == at_rest
        journalled_only(site)
        journalled = repair.traces(site.places)
        assert journalled != at_rest
        repair.publish_latest(site.places)
        assert repair.traces(site.places) != journalled
