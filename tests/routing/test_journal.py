"""The journal: what `append` returned from is there after any kill, and it does not grow without bound."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.routing import journal
from gateway.routing.journal import Revision
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service

APPEND = """
import sys
from pathlib import Path
from gateway.routing import journal
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
first, step, last = map(int, sys.argv[2:])
service = Service("blue", urls=("http://127.0.0.1:1",))
plan = RoutingPlan((service,), (Route("late", "/", "blue", (("blue", UNITS),)),))
with journal.opened(Path(sys.argv[1])) as connection:
    for n in range(first, last, step):
        entry = journal.Revision(n, float(n), "me", "why", "file", plan, "text %d" % n, "written")
        journal.append(connection, entry)
        print(n, flush=True)
"""


def plan(revision: int) -> RoutingPlan:
    """Return a small plan with that number."""
    service = Service("blue", urls=("http://127.0.0.1:1",))
    return RoutingPlan((service,), (Route("late", "/", "blue", (("blue", UNITS),)),), revision=revision)


def entry(revision: int, text: str | None = None, file: journal.FileState = "pending") -> Revision:
    """Return an entry with that number."""
    return Revision(revision, 1000.0 + revision, "me", "why", "file", plan(revision), text, file)


def appender(path: Path, first: int, step: int, last: int) -> subprocess.Popen[str]:
    """Start a process that appends revisions and prints each number once it is acknowledged."""
    command = [sys.executable, "-c", APPEND, str(path), str(first), str(step), str(last)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_what_was_appended_is_found_again(tmp_path: Path) -> None:
    """An entry comes back as it went in, by number, as the head and in the list of the latest."""
    with journal.opened(tmp_path / "journal.db") as connection:
        assert journal.head(connection) is None
        entries = [entry(1, "söme: täxt\r\n", "written"), entry(2), entry(3, "three", "unwritable")]
        for each in entries:
            journal.append(connection, each)
    with journal.opened(tmp_path / "journal.db") as connection:
        assert journal.head(connection) == entries[2]
        assert journal.find(connection, 1) == entries[0]
        assert journal.latest(connection, 2) == entries[:0:-1]
        assert journal.since(connection, 2) == entries[1:]
        assert journal.find(connection, 4) is None
        assert journal.find(connection, 10**30) is None


def test_which_text_stands_for_a_revision(tmp_path: Path) -> None:
    """A text is set once known; None leaves it; the last one written and the one before can be asked for."""
    with journal.opened(tmp_path / "journal.db") as connection:
        journal.append(connection, entry(1, "one", "written"))
        journal.append(connection, entry(2))
        journal.append(connection, entry(3))
        assert journal.last_written(connection) == "one"
        assert journal.text_before(connection, 3) == "one"
        assert journal.text_before(connection, 1) is None
        journal.set_file(connection, 2, "two", "written")
        journal.set_file(connection, 2, None, "unwritable")
        found = journal.find(connection, 2)
        assert found is not None
        assert (found.text, found.file) == ("two", "unwritable")
        assert journal.last_written(connection) == "one"
        assert journal.text_before(connection, 3) == "two"


def test_a_number_is_given_once(tmp_path: Path) -> None:
    """Two revisions cannot have the same number: the second is refused and the first stays."""
    with journal.opened(tmp_path / "journal.db") as connection:
        journal.append(connection, entry(1, "first"))
        with pytest.raises(sqlite3.IntegrityError):
            journal.append(connection, entry(1, "second"))
        assert journal.find(connection, 1) == entry(1, "first")


def test_the_oldest_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than `KEPT` revisions stay, always the latest."""
    monkeypatch.setattr(journal, "KEPT", 5)
    with journal.opened(tmp_path / "journal.db") as connection:
        for n in range(1, 13):
            journal.append(connection, entry(n))
        assert [each.revision for each in journal.latest(connection, 100)] == [12, 11, 10, 9, 8]


def test_history_is_read_from_any_revision_on(tmp_path: Path) -> None:
    """Newest first, only what lies before; the whole of it is read in pieces, nothing twice."""
    with journal.opened(tmp_path / "journal") as connection:
        for number in range(1, 6):
            journal.append(connection, entry(number))
        assert [found.revision for found in journal.latest(connection, 2)] == [5, 4]
        assert [found.revision for found in journal.latest(connection, 2, 4)] == [3, 2]
        assert journal.latest(connection, 2, 1) == []


@pytest.mark.parametrize("acknowledged", [1, 2, 5, 17, 60])
def test_nothing_acknowledged_is_lost_to_kill_9(tmp_path: Path, acknowledged: int) -> None:
    """A process is killed right after some acknowledgement: that revision and all before it are there."""
    path = tmp_path / "journal.db"
    with appender(path, 1, 1, journal.KEPT) as process:
        assert process.stdout is not None
        for _ in range(acknowledged):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
    last = max([acknowledged, *map(int, rest)])
    with journal.opened(path) as connection:
        numbers = [each.revision for each in journal.latest(connection, 100_000)]
        assert numbers[0] in (last, last + 1)
        assert numbers == list(range(numbers[0], 0, -1))
        journal.append(connection, entry(numbers[0] + 1))


def test_writers_at_the_same_time_do_not_get_into_each_others_way(tmp_path: Path) -> None:
    """Four processes append at once: all that each was told is there, and nobody was turned away."""
    path = tmp_path / "journal.db"
    processes = [appender(path, n, 4, 101) for n in range(1, 5)]
    for process in processes:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert len(out.split()) == 25
    with journal.opened(path) as connection:
        assert [each.revision for each in journal.latest(connection, 1000)] == list(range(100, 0, -1))


def test_where_the_journal_stands_is_known_without_its_plan(tmp_path: Path) -> None:
    """Whoever asks each second must not read thousands of routes each time."""
    with journal.opened(tmp_path / "journal.db") as connection:
        assert journal.standing(connection) is None
        journal.append(connection, entry(1, "one", "written"))
        journal.append(connection, entry(2))
        connection.execute("UPDATE revisions SET plan = 'not read'")
        assert journal.standing(connection) == (2, "pending")
        assert journal.last_written(connection) == "one"
        assert journal.text_before(connection, 2) == "one"
