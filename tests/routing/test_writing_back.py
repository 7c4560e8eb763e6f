"""What is live goes into routing.yaml, whatever was done to the file meanwhile."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.routing import writing_back
from gateway.routing.change import commit
from gateway.routing.complaint import complaint
from gateway.routing.file import write_text
from gateway.routing.file_sync import begin, follow_file, write_back
from gateway.routing.revise import roll_back
from gateway.routing.run_directory import prepare
from gateway.routing.writing_back import text_for
from tests.routing.change_site import FILE, ME, ROUTING, Site
from tests.routing.test_file_sync import ALL_BACK, save


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A gateway's files at revision 1."""
    made = Site.made(tmp_path)
    yield made
    shutil.rmtree(made.places.run.resolve(), ignore_errors=True)


def test_an_edit_that_was_not_read_yet_survives_a_rollback(site: Site) -> None:
    """The weights of the rollback hold, and everything else of the edit becomes live."""
    save(site, "path: /v2/models/late", "path: /v2/models/delay  # new")
    commit(site.places, ME, roll_back)
    write_back(site.places, site.config)
    assert follow_file(site.places, FILE, site.config)
    assert site.live().routes[0].path == "/v2/models/delay"
    assert site.shares() == {"blue": 100.0, "green": 0.0, "canary": 0.0}
    assert ALL_BACK in site.text()
    assert "# new" in site.text()


def test_mending_a_broken_save_does_not_undo_the_rollback_that_came_meanwhile(site: Site) -> None:
    """The file could not be rewritten while it was broken; once mended it gets the weights that are live."""
    save(site, "services:", "servces:")
    follow_file(site.places, FILE, site.config)
    commit(site.places, ME, roll_back)
    write_back(site.places, site.config)
    assert site.head().file == "pending"
    assert complaint(site.places) is not None
    save(site, "servces:", "services:")
    follow_file(site.places, FILE, site.config)
    assert site.shares() == {"blue": 100.0, "green": 0.0, "canary": 0.0}
    assert ALL_BACK in site.text()
    assert (complaint(site.places), site.head().file) == (None, "written")


def test_a_file_that_cannot_be_written_is_said_and_the_change_is_live(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only folder holds nothing up; the next change that can be written clears the complaint."""

    def refuse(path: Path, _text: str, **_: object) -> None:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(writing_back, "write_text", refuse)
    site.set(20)
    assert (site.shares()["canary"], site.head().file, site.text()) == (20.0, "unwritable", ROUTING)
    found = complaint(site.places)
    assert found is not None
    assert found["kind"] == "unwritable"
    assert "revision 2" in found["message"]
    assert "Read-only file system" in found["message"]
    assert not follow_file(site.places, FILE, site.config)
    assert begin(prepare(site.places.state), FILE, site.config).revision == 2
    monkeypatch.setattr(writing_back, "write_text", write_text)
    site.set(30)
    assert (complaint(site.places), site.head().file) == (None, "written")
    assert "canary: 30}   # keep this remark" in site.text()


def test_the_text_of_a_revision_is_its_own_or_the_given_one_with_its_weights(site: Site) -> None:
    """What a person wrote is kept to the byte; a change without a text goes into the text at hand."""
    head = site.head()
    assert text_for(replace(head, text="a: 1\n"), ROUTING) == "a: 1\n"
    rolled = replace(head, text=None, plan=roll_back(head.plan))
    assert ALL_BACK in text_for(rolled, ROUTING)
