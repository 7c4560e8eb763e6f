"""Alarms for `status`, from a database in any state."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.control.alerts.alarms import Alarms, alarm_warnings, read_alarms
from gateway.control.status.snapshot import snapshot
from gateway.routing.journal import in_one_piece
from gateway.watching import silences, store
from gateway.watching.alert_states import Course, State
from gateway.watching.alerts import Alert, to_document

if TYPE_CHECKING:
    from tests.control.conftest import Site

NOW = 1_000.0


def alert(rule: str, version: str = "blue", state: State = "firing", **given: str) -> Alert:
    """Return an alert on the route late."""
    named = {"field": "", "route": "late", "severity": "ticket", **given}
    return Alert(
        rule, named["route"], version, named["field"], "drift", ">", 0.2, named["severity"], Course(state)
    )


def keep(path: Path, *alerts: Alert) -> None:
    """Keep alerts as the watcher does."""
    with store.opened(path) as connection:
        store.set_states(connection, "alert", {it.key: to_document(it) for it in alerts})


def test_alerts_of_one_rule_route_and_state_are_one(tmp_path: Path) -> None:
    """Those that page come first; what is over is not told."""
    path = tmp_path / "watch.db"
    keep(
        path,
        alert("drift", field="a"),
        alert("drift", "green", field="b"),
        alert("drift", "canary", "pending"),
        alert("over", state="resolved"),
        alert("worst", "", route="", severity="page"),
    )
    assert read_alarms(path, NOW) == (
        [
            Alarms("worst", "", "page", "firing", "drift", (), 1),
            Alarms("drift", "late", "ticket", "firing", "drift", ("blue", "green"), 2),
            Alarms("drift", "late", "ticket", "pending", "drift", ("canary",), 1),
        ],
        "",
    )
    assert list(alarm_warnings(path, NOW)) == [
        "alarm (page) worst on all routes: drift; for more: gateway alerts",
        "alarm (ticket) drift on route late: drift of blue, green, 2 times; for more: gateway alerts",
    ]


def test_many_versions_are_counted(tmp_path: Path) -> None:
    """A sentence stays one."""
    path = tmp_path / "watch.db"
    keep(path, *(alert("drift", f"v{n}") for n in range(5)))
    [told] = alarm_warnings(path, NOW)
    assert "of v0, v1, v2 and 2 more, 5 times" in told


@pytest.mark.parametrize("route", ["late", ""])
def test_what_is_silenced_warns_nobody_until_that_ends(tmp_path: Path, route: str) -> None:
    """On this route, or on all of them."""
    path = tmp_path / "watch.db"
    keep(path, alert("drift"))
    with store.opened(path) as connection:
        silences.add(connection, "drift", route, "cli:a", "known", NOW, NOW + 60)
        silences.add(connection, "other", "late", "cli:a", "known", NOW, NOW + 600)
    assert [it.state for it in read_alarms(path, NOW)[0]] == ["silenced"]
    assert list(alarm_warnings(path, NOW)) == []
    assert len(list(alarm_warnings(path, NOW + 60))) == 1


def test_a_missing_database_has_no_alarms_and_is_not_made(tmp_path: Path) -> None:
    """Nothing was watched yet."""
    path = tmp_path / "watch.db"
    assert read_alarms(path, NOW) == ([], "")
    assert not path.exists()


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
def test_a_database_that_cannot_be_read_is_a_warning(tmp_path: Path, content: bytes) -> None:
    """Not an error: the rest of the status is needed all the more."""
    path = tmp_path / "watch.db"
    path.write_bytes(content)
    [told] = alarm_warnings(path, NOW)
    assert f"alarms cannot be told: {path} cannot be read" in told


def test_who_writes_keeps_nobody_from_reading_and_who_locks_not_for_long(tmp_path: Path) -> None:
    """What was there before is told, or that it cannot be."""
    path = tmp_path / "watch.db"
    keep(path, alert("drift"))
    with store.opened(path) as writer, in_one_piece(writer):
        writer.execute("DELETE FROM states")
        assert len(read_alarms(path, NOW)[0]) == 1
    keep(path, alert("drift"))
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("DELETE FROM silences")
        assert "locked" in read_alarms(path, NOW)[1]
    finally:
        other.close()


def test_the_status_warns_of_alarms(site: Site) -> None:
    """By rule and route."""
    keep(site.places.watch, alert("drift", severity="page"))
    assert any(
        told.startswith("alarm (page) drift on route late") for told in snapshot(site.places)["warnings"]
    )
