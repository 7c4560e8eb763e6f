"""What the log says about routing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from gateway.control.telling import TOLD_AT_ONCE, Teller, complaint_lines, revision_line
from gateway.routing.change import Request, commit
from gateway.routing.complaint import complain, settle
from gateway.routing.file_sync import follow_file
from gateway.routing.shares import replace_weights

if TYPE_CHECKING:
    from tests.control.conftest import Site


@pytest.fixture(autouse=True)
def _at_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway.routing")


def to_canary(site: Site, share: float, request: Request) -> None:
    """Make a revision."""
    weights = {"blue": 100 - share, "canary": share}
    commit(site.places, request, lambda plan: replace_weights(plan, "late", weights))


def test_each_new_revision_is_one_line(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Number, author, reason and difference; what was there before is not told, nothing is told twice."""
    teller = Teller(site.places, "routing.yaml")
    to_canary(site, 50, Request("set-weight", "api:127.0.0.1", "more"))
    to_canary(site, 0, Request("rollback", "api:127.0.0.1"))
    teller.tell()
    teller.tell()
    assert caplog.messages == [
        "revision 2, set-weight by api:127.0.0.1 (more): late: canary 10 % -> 50 %, blue 90 % -> 50 %",
        "revision 3, rollback by api:127.0.0.1: late: blue 50 % -> 100 %, canary 50 % -> 0 %",
    ]


def test_an_edit_is_told_by_the_name_of_the_file(site: Site) -> None:
    """Who saved the file is not known; that it was the file is."""
    before = site.head()
    site.save("canary: 10", "canary: 110")
    follow_file(site.places, Request("file", "file"), site.config)
    line = revision_line(site.head(), before, "routing.yaml")
    assert line == "revision 2, routing.yaml: late: canary 10 % -> 55 %, blue 90 % -> 45 %"


def test_another_address_waits_for_a_reload(site: Site) -> None:
    """The sockets are bound by then; the line says when it takes effect."""
    before = site.head()
    site.save("listen: 127.0.0.1:8080", "listen: 127.0.0.1:8090")
    follow_file(site.places, Request("file", "file"), site.config)
    line = revision_line(site.head(), before, "routing.yaml")
    assert "listen 127.0.0.1:8080 -> 127.0.0.1:8090; another address to listen on takes effect with" in line


def test_another_buffer_waits_for_a_reload(site: Site) -> None:
    """Workers have theirs already; the line says when another takes effect."""
    before = site.head()
    site.save("listen: 127.0.0.1:8080", "listen: 127.0.0.1:8080\nlog: {buffer: 1MiB, keep: 7d}")
    follow_file(site.places, Request("file", "file"), site.config)
    line = revision_line(site.head(), before, "routing.yaml")
    assert "log.buffer 16MiB -> 1MiB" in line
    assert line.endswith("; another `log.buffer` takes effect with `gateway reload`")


def test_a_flood_of_revisions_is_told_by_its_end(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """After a long absence the latest are told, with a line for those left out."""
    teller = Teller(site.places, "routing.yaml")
    for number in range(TOLD_AT_ONCE + 5):
        to_canary(site, 20 + number, Request("x", "x"))
    teller.tell()
    assert caplog.messages[0] == "5 revisions before these are not told here; see: gateway history"
    assert caplog.messages[1].startswith("revision 7, ")
    assert caplog.messages[-1].startswith(f"revision {TOLD_AT_ONCE + 6}, ")
    assert len(caplog.messages) == TOLD_AT_ONCE + 1


def test_every_problem_of_a_refused_save_has_its_line(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """File, line and column of each, and which revision stays live."""
    teller = Teller(site.places, "routing.yaml")
    site.save("canary: 10", "canari: 10")
    site.save("green: 1,", "green: -1,")
    follow_file(site.places, Request("file", "file"), site.config)
    teller.tell(after_save=True)
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert "routing.yaml was not taken, revision 1 stays live: routing.yaml:13:" in caplog.messages[0]
    assert "routing.yaml was not taken, revision 1 stays live: routing.yaml:16:" in caplog.messages[1]


def test_a_complaint_is_told_again_only_after_another_save(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """A save that mends nothing is answered; the passing of time is not."""
    teller = Teller(site.places, "routing.yaml")
    complain(site.places, "refused", "routing.yaml:3:1: no")
    teller.tell(after_save=True)
    teller.tell()
    assert len(caplog.messages) == 1
    teller.tell(after_save=True)
    assert len(caplog.messages) == 2


def test_the_end_of_a_complaint_is_told(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever mended the file sees that it was taken, even where it changes nothing."""
    teller = Teller(site.places, "routing.yaml")
    complain(site.places, "refused", "routing.yaml:3:1: no")
    teller.tell()
    settle(site.places)
    teller.tell()
    teller.tell()
    assert caplog.messages[1:] == ["routing.yaml says what is live again (revision 1)"]


def test_an_unwritable_file_is_told_in_its_own_words() -> None:
    """There it is not the file that was refused."""
    complaint = {"kind": "unwritable", "message": "what is live is revision 3: Permission denied"}
    assert complaint_lines(complaint, "routing.yaml", 3) == [complaint["message"]]
