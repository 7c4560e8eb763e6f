"""What people read: plain, complete, and safe whatever text is in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.assemble.options import Running
from gateway.cli.render import (
    history_entries,
    history_lines,
    plan_in_brief,
    tell_change,
    welcome,
    where,
)
from gateway.requestlog.policy import Filter, LogPolicy, Sink, Tracing
from gateway.routing.journal import Revision
from gateway.routing.parse import parse
from gateway.routing.plan import RoutingPlan, Service
from gateway.routing.revise import roll_back, succeed
from gateway.routing.settings import Certificate, Tls
from tests.cli.site import ROUTING

PLAN = succeed(None, parse(ROUTING, model_exists=lambda _: None))
ROOT = Path(__file__).parents[2]


def revision(number: int, plan: RoutingPlan, reason: str = "") -> Revision:
    """Return a journal entry."""
    return Revision(number, 1_700_000_000.25, "cli:me", reason, "file", plan, None, "written")


def test_the_welcome_says_what_runs_where_and_what_to_paste(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    for part in ("http://127.0.0.1:8080  (2 workers", "http://127.0.0.1:9090", str(tmp_path)):
        assert part in text
    assert text.endswith("curl -i http://127.0.0.1:8080/v2/models/late")
    assert "plain Python; `make compile` makes them faster" in text
    monkeypatch.setattr("gateway.cli.render.PACKAGE", tmp_path / "gateway")
    assert "plain Python)" in welcome(running)  # a wheel comes without a Makefile
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


def test_a_plan_in_brief_says_what_is_unusual_about_the_log() -> None:
    """Nothing while all is as usual; sinks by name and kind, never by their address."""
    before = plan_in_brief(PLAN)
    assert "log" not in before
    first, *others = PLAN.routes
    strict = LogPolicy(filter=Filter("strict"))
    told = plan_in_brief(
        replace(
            PLAN,
            routes=(replace(first, log=None), *(replace(route, log=strict) for route in others)),
            sinks=(Sink("lake", "directory", "hidden"),),
            tracing=Tracing("http://hidden", 0.25),
        )
    )
    count = len(PLAN.routes)
    assert told.removeprefix(before).splitlines()[1:] == [
        f"  log: off for 1 of {count} routes",
        *([f"  log: strict for {count - 1} of {count} routes"] if others else []),
        "  sink lake: directory",
        "  tracing: 25%",
    ]


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
