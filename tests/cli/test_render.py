"""What people read: plain, complete, and safe whatever text is in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from gateway.assemble import Running
from gateway.cli.render import (
    WARNINGS_SHOWN,
    compact,
    history_entries,
    history_lines,
    plan_in_brief,
    status_tables,
    tell_change,
    welcome,
    where,
)
from gateway.routing.journal import Revision
from gateway.routing.parse import parse
from gateway.routing.plan import RoutingPlan, Service
from gateway.routing.revise import roll_back, succeed
from gateway.routing.settings import Certificate, Tls
from tests.cli.site import ROUTING

PLAN = succeed(None, parse(ROUTING, model_exists=lambda _: None))
ROOT = Path(__file__).parents[2]


def drawn(what: RenderableType, width: int = 160) -> str:
    """Return a table as a plain terminal shows it, made as the verbs make it."""
    console = Console(width=width, color_system=None, markup=False)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


def revision(number: int, plan: RoutingPlan, reason: str = "") -> Revision:
    """Return a journal entry."""
    return Revision(number, 1_700_000_000.25, "cli:me", reason, "file", plan, None, "written")


def test_the_welcome_says_what_runs_where_and_what_to_paste(tmp_path: Path) -> None:
    """A request that works: a real flight where a model of ours answers, else any path."""
    running = Running(
        tmp_path / "routing.yaml",
        "127.0.0.1:8080",
        "127.0.0.1:9090",
        tmp_path,
        2,
        False,
        1.25,
        PLAN,
        ["green replica 0"],
    )
    text = welcome(running)
    assert text.startswith("gateway is ready after 1.2 s\n")
    assert "not answering yet: green replica 0" in text
    for part in ("http://127.0.0.1:8080  (2 workers", "http://127.0.0.1:9090/api/v1/status", str(tmp_path)):
        assert part in text
    assert text.endswith("curl -i http://127.0.0.1:8080/v2/models/late")
    models = parse((ROOT / "routing.yaml").read_text(), model_exists=lambda _: None)
    shown = welcome(
        Running(
            ROOT / "routing.yaml", "127.0.0.1:8080", "127.0.0.1:9090", tmp_path, 2, False, 1.25, models, []
        )
    )
    curl = shown.splitlines()[-1]
    assert curl.startswith("curl -si http://127.0.0.1:8080/v2/models/late/infer -H 'x-user-id: 42' -d '")
    assert "inputs" in json.loads(curl.partition("-d '")[2].rstrip("'"))


def test_the_welcome_names_the_tls_listener_where_there_is_one(tmp_path: Path) -> None:
    """Below the plain one; without TLS there is no such line."""
    files = (Certificate("a.pem", "a.key"),)
    secure = replace(PLAN, tls=Tls("127.0.0.1:8443", files))
    running = Running(
        tmp_path / "routing.yaml", "127.0.0.1:8080", "127.0.0.1:9090", tmp_path, 2, False, 1.25, secure, []
    )
    assert "  requests   https://127.0.0.1:8443\n" in welcome(running)
    assert "https" not in welcome(replace(running, plan=PLAN))


def test_a_plan_in_brief_has_a_line_for_each_service_and_route() -> None:
    """Where each service runs and how each route divides."""
    lines = plan_in_brief(PLAN).splitlines()
    assert lines[0] == "  service blue: http://127.0.0.1:9001"
    assert "  route late at /v2/models/late: blue 90 %, green 0 %, canary 10 %; stable is blue" in lines
    assert where(Service("a", model="m/v1", replicas=2)) == "m/v1 (2 replicas)"
    assert where(Service("a", model="m/v1")) == "m/v1 (1 replica)"


@pytest.mark.parametrize("as_json", [False, True])
def test_a_change_is_told(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    """What is live now, and a warning where the file does not say so."""
    tell_change(PLAN, True, {"kind": "unwritable", "message": "read-only"}, as_json=as_json)
    captured = capsys.readouterr()
    if as_json:
        assert json.loads(captured.out)["file"] == "read-only"
    else:
        assert captured.out.startswith("revision 1 is live\n  late: blue 90 %")
        assert captured.err == "warning: read-only\n"


def test_the_history_tells_what_changed_from_one_to_the_next() -> None:
    """Times are UTC; the oldest in the list has nothing before it."""
    back = succeed(PLAN, roll_back(PLAN))
    entries = history_entries([revision(2, back, "odd [/] text"), revision(1, PLAN)])
    assert entries[0]["at"] == "2023-11-14T22:13:20.250+00:00"
    assert len(entries[0]["changes"]) == 2
    assert (
        history_lines(entries).splitlines()[0] == "2    2023-11-14 22:13:20 UTC  cli:me  file  (odd [/] text)"
    )
    assert "       late: " in history_lines(entries)
    assert history_lines([]) == "no revisions yet"


STATUS: dict[str, Any] = {
    "revision": 4,
    "config": "routing.yaml",
    "listen": "127.0.0.1:8080",
    "admin": "127.0.0.1:9090",
    "tls": "127.0.0.1:8443",
    "file": {"ok": False, "kind": "refused", "message": "routing.yaml:3: [/x] is wrong"},
    "warnings": ["service green has no replica to use: [/r]"],
    "routes": [
        {
            "name": "late",
            "path": "/late[/a]",
            "stable": "blue",
            "since": {"revision": 4},
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
        {"name": "green", "address": "http://127.0.0.1:9002", "healthy": False},
    ],
    "processes": [
        {"role": "control", "service": "", "number": 0, "pid": 11, "healthy": True, "restarts": 0},
        {"role": "replica", "service": "blue", "number": 1, "pid": 0, "healthy": False, "restarts": 7},
    ],
}


def test_the_status_shows_what_is_asked_served_and_healthy() -> None:
    """A dash for what is not known, the file's trouble on top; nothing is cut at 80 columns."""
    shown = drawn(status_tables(STATUS), 80)
    assert "…" not in shown
    assert "revision 4" in shown
    assert "routing.yaml is not what is live: routing.yaml:3: [/x] is wrong" in shown
    assert "late at /late[/a], stable is blue, since revision 4" in shown
    assert "service green has no replica to use: [/r]" in shown
    row = next(line for line in shown.splitlines() if line.startswith("blue"))
    assert row.split() == ["blue", "90", "89.99", "1200", "12.3", "1.50", "1.23", "–", "3"]
    assert next(line for line in shown.splitlines() if line.startswith("green")).split()[-1] == "DOWN"
    assert "replica blue 1" in shown
    assert "DOWN" in shown


@pytest.mark.parametrize(
    ("number", "written"), [(0, "0"), (9999, "9999"), (12345, "12.3k"), (2_500_000, "2.5M"), (3e9, "3.0G")]
)
def test_counts_stay_short(number: float, written: str) -> None:
    """A column has room for six characters, however long the gateway has run."""
    assert compact(number) == written


def test_many_warnings_do_not_push_the_routes_off_the_screen() -> None:
    """The first are shown, the others counted."""
    warnings = [f"service s{n}: trouble" for n in range(50)]
    shown = drawn(status_tables({**STATUS, "warnings": warnings}))
    assert shown.count(": trouble") == WARNINGS_SHOWN
    assert "and 30 more; see: gateway status --json" in shown
    assert "more; see" not in drawn(status_tables(STATUS))
