"""The journal as rows: what each revision changed, the newest first."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.routing.change import Request, commit
from gateway.routing.revision_rows import revision_rows
from gateway.routing.shares import set_shares
from tests.routing.change_site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A gateway's files at revision 1."""
    made = Site.made(tmp_path)
    yield made
    shutil.rmtree(made.places.run.resolve(), ignore_errors=True)


def test_each_row_says_who_changed_what_and_why(site: Site) -> None:
    """What changed is worked out from the revision before; the first one has none."""
    request = Request("set-weight", "me", "because")
    commit(site.places, request, lambda head: set_shares(head, {"canary": 50}))
    newest, first = revision_rows(site.places.journal)
    assert newest[0] == 2
    assert newest[2:4] == ("me", "because")
    assert "canary" in newest[4]
    assert newest[4] != "set-weight"
    assert first[0] == 1
    assert newest[1] >= first[1]


def test_where_nothing_differs_the_action_is_told(site: Site) -> None:
    """Such as a revision that brought another text of the file alone."""
    commit(site.places, Request("file", "me"), lambda head: head, text=site.text() + "# more\n")
    assert next(iter(revision_rows(site.places.journal)))[4] == "file"
