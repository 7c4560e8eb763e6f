"""Reading everything a gateway has written about itself."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.control.status.observation import (
    Listed,
    Running,
    beating,
    is_beating,
    observe,
    read_running,
    read_tallies,
    worker_number,
)
from gateway.errors import GatewayError
from gateway.monitoring.health_report import report_path, write
from gateway.monitoring.tally import WorkerState
from gateway.routing.complaint import complain
from gateway.routing.places import Places

if TYPE_CHECKING:
    from tests.control.conftest import Site


def test_everything_comes_from_the_files(site: Site) -> None:
    """Plan, workers, counts and complaint are found without asking any process."""
    site.tally(0).block("late", "blue", 1).count(0)
    site.tally(1).block("late", "blue", 1).count(0)
    complain(site.places, "refused", "routing.yaml:3:1: no")
    seen = observe(site.places)
    assert seen.plan.revision == 1
    assert sorted(seen.states) == [0, 1]
    assert [count.requests for count in seen.counts] == [1, 1]
    assert seen.complaint == {"kind": "refused", "message": "routing.yaml:3:1: no"}
    assert seen.file == "written"


def test_without_a_published_plan_the_latest_revision_is_shown(site: Site) -> None:
    """After `gateway up` has ended, the journal still knows where requests went."""
    site.places.plan.unlink()
    assert observe(site.places).plan == site.head().plan


def test_nothing_was_ever_started(tmp_path: Path) -> None:
    """Without a journal the message says what to run, and no journal is made by looking."""
    places = Places(tmp_path / "nowhere")
    with pytest.raises(GatewayError, match=r"nothing has been started .*nowhere; run: gateway up"):
        observe(places)
    assert not places.state.exists()


def test_an_empty_journal_is_nothing_started_either(tmp_path: Path) -> None:
    """A start that failed at the first routing.yaml leaves a journal without a revision."""
    places = Places(tmp_path)
    places.journal.touch()
    with pytest.raises(GatewayError, match="nothing has been started"):
        observe(places)


def test_a_damaged_journal_is_told_with_advice(tmp_path: Path) -> None:
    """What is not a database is named, with the reason."""
    places = Places(tmp_path)
    places.journal.write_bytes(b"no database at all" * 100)
    with pytest.raises(GatewayError, match=r"journal\.db cannot be read \(file is not a database\)"):
        observe(places)


def test_the_supervisor_lists_itself_first(site: Site) -> None:
    """The pid of the supervisor comes from what it wrote about itself."""
    site.list_processes({"role": "worker", "pid": 17, "number": 3, "restarts": 2}, admin="127.0.0.1:9")
    assert read_running(site.places) == Running(
        str(site.config),
        "127.0.0.1:2",
        "127.0.0.1:9",
        "",
        (Listed("supervisor", os.getpid()), Listed("worker", 17, "", 3, 2)),
    )


def test_nothing_runs_where_nothing_is_listed(site: Site) -> None:
    """Without the supervisor's file there are no processes."""
    assert read_running(site.places) == Running()


def test_a_tally_that_is_only_being_made_is_left_out(site: Site) -> None:
    """An empty file, one of something else and one with another name are passed over."""
    site.tally(0)
    site.places.tally(1).touch()
    site.places.tally(2).write_bytes(b"x" * 8192)
    (site.places.run / "worker-old.tally").touch()
    assert list(read_tallies(site.places)) == [0]


def test_the_number_of_a_worker_is_in_the_name_of_its_file() -> None:
    """Two-digit numbers are read whole."""
    assert worker_number(Path("run/worker-12.tally")) == 12


def test_only_the_living_are_asked_for_their_views(site: Site) -> None:
    """What a worker reported stays behind when it is gone, and then means nothing."""
    for number, at in ((0, 100.0), (1, 97.0)):
        site.tally(number).beat(at, 1, 0)
        write(report_path(site.places.run, number), {"tunnels": number + 5})
    assert dict(observe(site.places, 101.0).views.tunnels) == {0: 5}


def test_a_heartbeat_grows_old_after_two_seconds(site: Site) -> None:
    """A worker counts as alive for less than two seconds after its last sign of life."""
    assert is_beating(WorkerState(1, 100.0, 1, 0), 101.9)
    assert not is_beating(WorkerState(1, 100.0, 1, 0), 102.0)
    now = time.monotonic()
    site.tally(0).beat(now - 60, 1, 0)
    assert beating(site.places, now) == {}
    site.tally(1).beat(now, 1, 0)
    assert list(beating(site.places, now)) == [1]
