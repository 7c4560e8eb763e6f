"""The start, the reloads and the end of a gateway in the audit trail."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.audit.keys import KeySource
from gateway.audit.read import newest_first
from gateway.audit.verify import verify
from gateway.errors import GatewayError
from gateway.routing.places import Places
from gateway.routing.run_directory import prepare
from gateway.supervision.generation import Commands, Setup
from gateway.supervision.recorded import Life, asking
from gateway.supervision.reload_report import DONE, FAILED, RUNNING, ReloadReport
from tests.supervision.stand_ins import setup_of


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A fresh state directory."""
    prepared = prepare(tmp_path / "state")
    yield prepared
    shutil.rmtree(prepared.run.resolve())


@pytest.fixture
def setup() -> Iterator[Setup]:
    """What a generation of one worker runs on; nothing is started."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    yield setup_of(sockets, Commands(lambda *_: [], lambda *_: [], lambda *_: []))
    for one in sockets:
        one.close()


def entries(places: Places) -> list[dict[str, Any]]:
    """Return the entries, oldest first."""
    return list(newest_first(places.audit))[::-1]


def test_a_whole_run_is_recorded_and_signed(places: Places, setup: Setup) -> None:
    """Who started and reloaded it, which settings came into force, and the end; the last entry as well."""
    life = Life(places, "cli:ann", places.state)
    with life.starting():
        life.prepared(1, setup)
    with life.lasting():
        life.prepared(2, replace(setup, admin='{"auth": "required"}'))
        with asking(places, "cli:ben", "uid 7 on /dev/pts/1"):
            life.reloaded(ReloadReport(1, RUNNING))
            life.reloaded(ReloadReport(1, DONE))
        life.reloaded(ReloadReport(2, RUNNING))
        life.reloaded(ReloadReport(2, FAILED, problem="the new worker 1 ended"))
    found = entries(places)
    assert [(one["what"], one["who"], one["result"]) for one in found] == [
        ("up", "cli:ann", "done"),
        ("reload", "cli:ben", "done"),
        ("reload", "gateway", "failed"),
        ("down", "gateway", "done"),
    ]
    start, reload, failed, end = found
    assert start["after"] == reload["before"]
    assert (start["after"]["plan"], reload["after"]["plan"]) == (1, 2)
    assert start["after"]["admin_settings"] != reload["after"]["admin_settings"]
    assert reload["from"] == "uid 7 on /dev/pts/1"
    assert (failed["from"], failed["detail"]) == ("signal", "the new worker 1 ended")
    assert failed["before"] == end["before"] == reload["after"]
    told = verify(places.audit, KeySource(places.audit / "key").read())
    assert (told.problems, told.signed) == ([], 4)


def test_who_was_killed_while_asking_has_not_asked_for_a_later_reload(places: Places) -> None:
    """What a kill -9 left is taken away, and the next signal is nobody's."""
    killed = (
        "import os, sys; from pathlib import Path; from gateway.routing.places import Places\n"
        "from gateway.supervision.recorded import asking\n"
        "with asking(Places(Path(sys.argv[1])), 'cli:ben', 'uid 7'): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", killed, str(places.state)], check=False).returncode == -9
    left = places.run / "reload-asked.json"
    assert left.exists()
    life = Life(places, "cli:ann", places.state)
    with life.lasting():
        life.reloaded(ReloadReport(1, RUNNING))
        assert not left.exists()
        life.reloaded(ReloadReport(1, DONE))
    assert [one["who"] for one in entries(places)] == ["gateway", "gateway"]


def test_a_reload_is_whose_it_was_when_it_began(places: Places) -> None:
    """Who asks while another is under way has asked for the next, and may leave once that has begun."""
    life = Life(places, "cli:ann", places.state)
    with life.lasting():
        life.reloaded(ReloadReport(1, RUNNING))
        with asking(places, "cli:ben", "uid 7"):
            life.reloaded(ReloadReport(1, DONE))
            life.reloaded(ReloadReport(2, RUNNING))
        life.reloaded(ReloadReport(2, DONE))
    assert [one["who"] for one in entries(places)] == ["gateway", "cli:ben", "gateway"]


def test_a_start_that_fails_is_recorded_with_its_reason(places: Places) -> None:
    """And the caller hears of it all the same."""
    with pytest.raises(GatewayError, match="in use"), Life(places, "cli:ann", Path()).starting():
        raise GatewayError("port 8080 is in use")
    (entry,) = entries(places)
    assert (entry["what"], entry["result"], entry["detail"]) == ("up", "failed", "port 8080 is in use")


def test_an_end_by_a_fault_is_recorded_as_one(places: Places) -> None:
    """With what it was."""
    with pytest.raises(LookupError), Life(places, "cli:ann", places.state).lasting():
        raise LookupError("gone")
    (entry,) = entries(places)
    assert (entry["what"], entry["result"], entry["detail"]) == ("down", "failed", "LookupError: gone")


def test_a_key_that_cannot_be_had_leaves_the_end_unsigned_and_says_so(
    places: Places, caplog: pytest.LogCaptureFixture
) -> None:
    """The entry is there; the next start signs it."""
    (places.state / "audit").mkdir()
    (places.audit / "key").write_text("short")
    with Life(places, "cli:ann", places.state).lasting():
        pass
    assert [one["what"] for one in entries(places)] == ["down"]
    assert "the end of the audit trail is not signed" in caplog.text
