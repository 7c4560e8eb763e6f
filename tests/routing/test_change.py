"""Every change is a revision: journalled, then published, or refused with nothing changed."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import ChangeRefused, ConfigError, GatewayError, StaleRevision
from gateway.routing import change, journal, writing_back
from gateway.routing.change import Request, commit, locked, restore
from gateway.routing.complaint import complain, complaint, settle
from gateway.routing.file_sync import begin, write_back
from gateway.routing.journal import Revision
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.revise import roll_back
from gateway.routing.run_directory import prepare
from gateway.routing.shares import set_shares
from gateway.routing.slot import publish
from tests.routing.change_site import FILE, ME, ROUTING, Site

COMMITTER = """
import sys
from functools import partial
from pathlib import Path
from gateway.routing import change
from gateway.routing.change import Request, commit
from gateway.routing.places import Places
from gateway.routing.shares import set_shares
change.locked = partial(change.locked, timeout=60.0)  # nobody gives up only because the machine is busy
places = Places(Path(sys.argv[1]))
for n in range(5):
    share = float(sys.argv[2]) + n / 10
    request = Request("set-weight", sys.argv[2])
    plan, changed = commit(places, request, lambda p: set_shares(p, {"canary": share}))
    assert changed
    print(plan.revision, share, flush=True)
"""

HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print(flush=True)
input()
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A gateway's files at revision 1."""
    made = Site.made(tmp_path)
    yield made
    shutil.rmtree(made.places.run.resolve(), ignore_errors=True)


def test_the_first_start_takes_the_file_as_revision_1(site: Site) -> None:
    """The text is in the journal, the plan in the slot."""
    head = site.head()
    assert (head.revision, head.text, head.file, head.action) == (1, ROUTING, "written", "file")
    assert site.shares() == {"blue": 90.0, "green": 0.0, "canary": 10.0}


def test_a_broken_file_stops_only_the_very_first_start(tmp_path: Path, site: Site) -> None:
    """With nothing to fall back on it is refused; later the last good plan serves, with a complaint."""
    (tmp_path / "other").mkdir()
    broken = tmp_path / "other" / "routing.yaml"
    broken.write_text("services: [")
    fresh = prepare(tmp_path / "other" / ".gateway")
    with pytest.raises(ConfigError):
        begin(fresh, FILE, broken)
    assert not fresh.plan.exists()
    shutil.rmtree(fresh.run.resolve())
    site.config.write_text("services: [")
    assert begin(site.places, FILE, site.config) == site.live()
    assert site.live().revision == 1
    found = complaint(site.places)
    assert found is not None
    assert (found["kind"], found["message"].partition(":")[0]) == ("refused", "routing.yaml")


def test_a_commit_is_journalled_before_it_is_published(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the slot changes, the revision can already be read from the journal; the file comes last."""

    def watched(places: Places, plan: RoutingPlan) -> None:
        with journal.opened(places.journal) as connection:
            found = journal.find(connection, plan.revision)
        assert found is not None
        assert (found.plan, found.file) == (plan, "pending")
        assert "canary: 10}" in site.text()
        publish(places, plan)

    monkeypatch.setattr(change, "publish", watched)
    plan, changed = commit(site.places, ME, lambda head: set_shares(head, {"canary": 20}))
    assert (changed, plan.revision, site.live()) == (True, 2, plan)


def test_a_change_that_changes_nothing_makes_no_revision(site: Site) -> None:
    """Asking for what is so already is answered with the live revision."""
    plan, changed = commit(site.places, ME, lambda head: set_shares(head, {"canary": 10}))
    assert (changed, plan.revision) == (False, 1)
    back, _ = commit(site.places, ME, roll_back)
    again, changed = commit(site.places, ME, roll_back)
    assert (changed, again) == (False, back)


def test_a_change_based_on_an_old_revision_is_refused(site: Site) -> None:
    """`expected` names the revision it was made for; nothing changes where another came in between."""
    expecting = replace(ME, expected=1)
    commit(site.places, expecting, lambda head: set_shares(head, {"canary": 20}))
    with pytest.raises(StaleRevision, match="revision 1 is not the latest one; it is 2 now"):
        commit(site.places, expecting, lambda head: set_shares(head, {"canary": 30}))
    assert site.live().revision == 2


def test_a_refused_change_leaves_no_trace(site: Site) -> None:
    """The plan, the journal and the slot stay as they were, and the next change goes through."""
    with pytest.raises(ChangeRefused):
        commit(site.places, ME, lambda head: set_shares(head, {"canary": 200}))
    assert site.head().revision == 1
    assert site.set(20).revision == 2


def test_before_the_first_start_nothing_can_be_changed(tmp_path: Path) -> None:
    """The refusal says what to run."""
    (tmp_path / "state").mkdir()
    with pytest.raises(ChangeRefused, match="gateway up"):
        commit(Places(tmp_path / "state"), ME, roll_back)


def test_a_stopped_gateway_takes_changes_for_its_next_start(site: Site) -> None:
    """Its directory in memory is gone; the change is journalled and holds from the next start on."""
    shutil.rmtree(site.places.run.resolve())
    plan, changed = commit(site.places, ME, roll_back)
    assert (changed, plan.revision) == (True, 2)
    complain(site.places, "refused", "nobody to tell")
    assert complaint(site.places) is None
    assert begin(prepare(site.places.state), FILE, site.config) == plan
    assert site.live() == plan
    assert "weights: {blue: 100, green: 0, canary: 0}   # keep this remark" in site.text()


def test_twenty_changes_at_once_are_twenty_revisions(site: Site) -> None:
    """Four processes make five each: every one has a number of its own and the slot holds the last."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", COMMITTER, str(site.places.state), str(20 + n)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    made: dict[int, float] = {}
    for process in processes:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        made |= {int(number): float(share) for number, share in map(str.split, out.splitlines())}
    assert sorted(made) == list(range(2, 22))
    assert site.head().revision == 21
    assert site.shares()["canary"] == made[21]


def test_a_lock_that_is_held_is_given_up_on(site: Site) -> None:
    """After the time-out the message names the lock; a process that dies lets go of it at once."""
    command = [sys.executable, "-c", HOLDER, str(site.places.change_lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        refused = pytest.raises(GatewayError, match=r"change\.lock has been held for 0\.05 s")
        with refused, locked(site.places.change_lock, 0.05):
            pass
        holder.kill()
    held, file = locked(site.places.change_lock, 0.05), site.places.change_lock.open("a")
    with held, file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_the_last_complaint_stands_until_it_is_settled(site: Site) -> None:
    """`status` reads it; settling twice is harmless."""
    assert complaint(site.places) is None
    complain(site.places, "refused", "one")
    complain(site.places, "unwritable", "two")
    assert complaint(site.places) == {"kind": "unwritable", "message": "two"}
    settle(site.places)
    settle(site.places)
    assert complaint(site.places) is None


def test_who_and_why_is_kept(site: Site) -> None:
    """A revision carries its author, its reason and what was done."""
    commit(site.places, Request("rollback", "cli:me", "errors"), roll_back)
    head = site.head()
    assert (head.action, head.author, head.reason) == ("rollback", "cli:me", "errors")


def test_going_back_brings_back_comments_even_where_nothing_else_differs(site: Site) -> None:
    """The file of that revision is written, and that is a revision too."""
    plan = site.set(30)
    site.set(40)
    site.set(30)
    with journal.opened(site.places.journal) as connection:
        journal.set_file(connection, plan.revision, "# another remark\n" + ROUTING, "written")
    _, changed = restore(site.places, ME, plan.revision)
    write_back(site.places, site.config)
    assert changed
    assert site.config.read_text().startswith("# another remark\n")


def test_a_revision_that_is_not_kept_cannot_be_restored(site: Site) -> None:
    """The refusal says where to look; restoring what is live changes nothing."""
    for number in (0, 2, 10**30):
        with pytest.raises(ChangeRefused, match="gateway history"):
            restore(site.places, ME, number)
    _, changed = restore(site.places, ME, 1)
    assert not changed


def test_a_reason_is_one_line_of_visible_characters(site: Site) -> None:
    """It is shown on terminals and in logs, where an escape or a line end could say something else."""
    for reason in ("two\nlines", "\x1b[31mred"):
        with pytest.raises(ChangeRefused, match="one line"):
            commit(site.places, Request("rollback", "me", reason), roll_back)
    assert site.head().revision == 1


def test_a_save_at_the_moment_of_writing_is_not_written_over(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both survive: the person's edit and the weights that are live."""
    commit(site.places, ME, lambda head: set_shares(head, {"canary": 50}))
    saves = iter([ROUTING.replace("# Three", "# Here are three")])
    make = writing_back.text_for

    def text_for(revision: Revision, text: str) -> str:
        if (save := next(saves, None)) is not None:
            site.config.write_text(save)
        return make(revision, text)

    monkeypatch.setattr(writing_back, "text_for", text_for)
    write_back(site.places, site.config)
    assert "# Here are three" in site.config.read_text()
    assert "canary: 50" in site.config.read_text()
