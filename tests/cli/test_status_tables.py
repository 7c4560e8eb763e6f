"""The tables of `gateway status`: plain, complete, and safe whatever text is in them."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console, RenderableType

from gateway.cli.status_tables import WARNINGS_SHOWN, console, log_line, replica_state, status_tables
from tests.cli.rollouts import metric, rollout


def drawn(what: RenderableType, width: int = 160) -> str:
    """Return a table as a plain terminal shows it, made as the verbs make it."""
    console = Console(width=width, color_system=None, markup=False)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


STATUS: dict[str, Any] = {
    "revision": 4,
    "config": "routing.yaml",
    "listen": "127.0.0.1:8080",
    "admin": "127.0.0.1:9090",
    "tls": "127.0.0.1:8443",
    "file": {"ok": False, "kind": "refused", "message": "routing.yaml:3: [/x] is wrong"},
    "warnings": ["service green has no replica to use: [/r]", "routing.yaml is not what is live: :3: [/x]"],
    "routes": [
        {
            "name": "late",
            "path": "/late[/a]",
            "stable": "blue",
            "since": {"revision": 4},
            "rate": 12.34,
            "rate_seconds": 10.0,
            "rollout": {"progress": None},
            "versions": {
                "blue": {
                    "weight": 90.0,
                    "served": 89.9871,
                    "interval_requests": 1200,
                    "rate": 12.34,
                    "errors": 0.015,
                    "p50_ms": 1.234,
                    "p99_ms": None,
                    "fallbacks": 3,
                }
            },
        }
    ],
    "services": [
        {
            "name": "green",
            "address": "http://127.0.0.1:9002",
            "healthy": False,
            "state": "down",
            "seen": {"up": 1, "down": 2},
            "reason": "no [/key]",
        },
    ],
    "log": {
        "state": "recording",
        "records": 12345,
        "records_per_second": 20.04,
        "lag_ms": 31.6,
        "bytes": 1536,
        "dropped": {},
        "gaps": 0,
        "sinks": [],
    },
    "processes": [
        {"role": "control", "service": "", "number": 0, "pid": 11, "state": "healthy", "restarts": 0},
        {"role": "worker", "service": "", "number": 4, "pid": 12, "state": "draining", "restarts": 0},
        {"role": "replica", "service": "blue", "number": 1, "pid": None, "state": "down", "restarts": 7},
    ],
}


def test_the_status_shows_what_is_asked_served_and_healthy() -> None:
    """A dash for what is not known, the file's trouble on top; nothing is cut at 80 columns."""
    shown = drawn(status_tables(STATUS), 80)
    assert "…" not in shown
    assert "revision 4" in shown
    assert shown.count("routing.yaml is not what is live: :3: [/x]") == 1
    assert "late at /late[/a], stable is blue, since revision 4" in shown
    assert "service green has no replica to use: [/r]" in shown
    row = next(line for line in shown.splitlines() if line.startswith("blue"))
    assert row.split() == ["blue", "90", "89.99", "1200", "12.3", "1.50", "1.23", "–", "3"]
    assert next(line for line in shown.splitlines() if line.startswith("green")).endswith(
        "down for 2 of 3 workers: no [/key]"
    )
    rows = [line.split() for line in shown.splitlines()]
    assert ["worker", "4", "12", "draining", "0"] in rows
    assert ["replica", "blue", "1", "–", "DOWN", "7"] in rows


def test_the_log_is_one_line() -> None:
    """How many records, how far behind, and how much of the disk; what is missing only where anything is."""
    assert log_line(STATUS["log"]).plain == (
        "request log: recording, 12.3k records, 20.0/s, 32 ms behind, 1.5 KiB on disk"
    )
    worse = {**STATUS["log"], "state": "dropping", "dropped": {"full": 2, "disk_full": 7}, "gaps": 3}
    found = log_line(worse)
    assert found.plain.endswith("1.5 KiB on disk, dropped: disk_full 7, full 2, 3 gaps")
    assert found.style == "bold red"
    assert log_line({**STATUS["log"], "state": "stopped"}).plain == "request log: stopped, 1.5 KiB on disk"
    assert "request log: recording" in drawn(status_tables(STATUS))


def test_each_sink_is_a_line_below_the_log() -> None:
    """In its own words; red where something is wrong."""
    sinks = [
        {"sentence": "sink lake: up to date", "is_well": True},
        {"sentence": "sink bus: down for 61 s: [no] broker", "is_well": False},
    ]
    found = log_line({**STATUS["log"], "sinks": sinks})
    assert found.plain.splitlines()[1:] == [sink["sentence"] for sink in sinks]
    assert [str(span.style) for span in found.spans] == ["bold red"]


def test_many_warnings_do_not_push_the_routes_off_the_screen() -> None:
    """The first are shown, the others counted."""
    warnings = [f"service s{n}: trouble" for n in range(50)]
    shown = drawn(status_tables({**STATUS, "warnings": warnings}))
    assert shown.count(": trouble") == WARNINGS_SHOWN
    assert "and 30 more; see: gateway status --json" in shown
    assert "more; see" not in drawn(status_tables(STATUS))


def test_an_address_has_the_words_of_the_workers() -> None:
    """One word where they agree, and why it is so."""
    cell = {"state": "unwell", "seen": {"unwell": 2}, "reason": "503 to /healthz"}
    assert str(replica_state(cell)) == "unwell: 503 to /healthz"
    assert str(replica_state({"state": "up", "seen": {"up": 2}, "reason": ""})) == "up"


def test_through_a_pipe_no_line_is_wrapped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a sentence nor the line above a table; what reads it looks for whole lines."""
    monkeypatch.setenv("COLUMNS", "80")
    long = "service green: " + "replica " * 100
    path = "/a" * 200
    routes = [{**STATUS["routes"][0], "path": path}]
    console().print(status_tables({**STATUS, "warnings": [long], "routes": routes}))
    lines = capsys.readouterr().out.splitlines()
    assert long in lines
    assert f"late at {path}, stable is blue, since revision 4" in lines


def test_a_rollout_is_told_below_its_route() -> None:
    """In a few lines, whatever text is in them."""
    lines = drawn(
        status_tables({**STATUS, "routes": [{**STATUS["routes"][0], "rollout": rollout()}]})
    ).splitlines()
    row = next(number for number, line in enumerate(lines) if line.startswith("blue "))
    assert lines[row + 1].startswith("rollout of canary, step 2 of 4, 5 %: errors: 3 of 900 [/x]")
    assert "[5" not in "".join(lines)


def test_live_it_is_drawn_and_comes_first() -> None:
    """Routes whose rollout is under way stand above the others, which keep their order."""
    usual = STATUS["routes"][0]
    routes = [{**usual, "name": name} for name in ("first", "second")]
    routes.append({**usual, "name": "third", "rollout": rollout(metric())})
    shown = drawn(status_tables({**STATUS, "routes": routes}, is_live=True))
    names = [line.split()[0] for line in shown.splitlines() if " at /late" in line]
    assert names == ["third", "first", "second"]
    assert "1\u00a0% ━━ [5\u00a0%] ── 25\u00a0%" in shown
    assert "┃·" in shown
