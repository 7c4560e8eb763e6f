"""What status shows, from tallies and plans made for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gateway.control.rollouts import state as rollout_state
from gateway.control.status.snapshot import snapshot
from gateway.errors import GatewayError
from gateway.monitoring.health_report import report_path, write
from gateway.monitoring.tally import FALLBACK, OK, SERVER_ERROR, TIMEOUT, TallyWriter
from gateway.monitoring.tally_layout import HIT_RATE
from gateway.rollout.moves import start
from gateway.routing.change import Request, commit
from gateway.routing.complaint import complain
from gateway.routing.places import Places
from gateway.routing.shares import replace_weights
from gateway.statistics.histogram import bucket_of

if TYPE_CHECKING:
    from tests.control.conftest import Site

NOW = time.monotonic() + 1_000_000
"""Later than anything that a tally notes by itself, however long after this line a test runs."""


def served(tally: TallyWriter, service: str, since: int, times: int, outcome: int = OK) -> None:
    """Count answers of a millisecond each, as a worker does."""
    block = tally.block("late", service, since)
    for _ in range(times):
        block.count(outcome)
        block.words[block.histogram + bucket_of(1000)] += 1


def route(site: Site) -> dict[str, Any]:
    """The first route of a snapshot."""
    found: dict[str, Any] = snapshot(site.places, NOW)["routes"][0]
    return found


def test_the_whole_shape_of_a_quiet_gateway(site: Site) -> None:
    """Everything is there and empty before the first request."""
    site.tally().beat(NOW, 1, 0)
    site.list_processes({"role": "worker", "pid": os.getpid()})
    found = snapshot(site.places, NOW)
    assert list(found) == [
        *("revision", "config", "listen", "admin", "tls", "file", "warnings", "routes", "services"),
        *("health", "tunnels", "certificates", "limits", "log", "processes"),
    ]
    assert [found[name] for name in ("warnings", "health", "certificates", "limits")] == [[], {}, [], {}]
    assert found["tunnels"] == 0
    assert (found["revision"], found["config"]) == (1, str(site.config))
    assert (found["listen"], found["admin"]) == ("127.0.0.1:2", "127.0.0.1:1")
    assert found["file"] == {"ok": True, "kind": "", "message": ""}
    late = found["routes"][0]
    assert (late["name"], late["path"], late["stable"]) == ("late", "/v2/models/late", "blue")
    assert late["weights"] == {"blue": 90.0, "green": 0.0, "canary": 10.0}
    assert late["served"] == {"blue": 0.0, "green": 0.0, "canary": 0.0}
    assert late["since"] == {"revision": 1}
    assert (late["rollout"]["progress"], late["rollout"]["judged"]) == (None, False)
    version = late["versions"]["canary"]
    assert (version["weight"], version["requests"], version["interval_requests"]) == (10.0, 0, 0)
    assert (version["rate"], version["errors"], version["fallbacks"]) == (0.0, 0.0, 0)
    assert (version["p50_ms"], version["p99_ms"]) == (None, None)
    assert (version["ttfb_p50_ms"], version["ttfb_p99_ms"]) == (None, None)
    assert (version["attempts"], version["retries"]) == (0, 0)
    assert set(version["outcomes"].values()) == {0}
    assert [process["role"] for process in found["processes"]] == ["supervisor", "worker"]


def test_the_share_served_adds_up_the_workers(site: Site) -> None:
    """Two workers' answers make one share."""
    served(site.tally(0), "blue", 1, 60)
    served(site.tally(1), "blue", 1, 30)
    served(site.tally(1), "canary", 1, 10)
    assert route(site)["served"] == {"blue": 90.0, "green": 0.0, "canary": 10.0}


def test_the_share_served_is_that_of_the_present_weights(site: Site) -> None:
    """Answers under earlier weights stay in the totals and leave the share."""
    tally = site.tally()
    served(tally, "blue", 1, 900)
    served(tally, "canary", 1, 100)
    commit(
        site.places, Request("x", "x"), lambda plan: replace_weights(plan, "late", {"blue": 1, "canary": 1})
    )
    served(tally, "blue", 2, 10)
    served(tally, "canary", 2, 30)
    found = route(site)
    assert found["since"] == {"revision": 2}
    assert found["served"] == {"blue": 25.0, "green": 0.0, "canary": 75.0}
    canary = found["versions"]["canary"]
    assert (canary["requests"], canary["interval_requests"], canary["served"]) == (130, 30, 75.0)


def test_what_is_recent_is_not_of_the_weights_before(site: Site) -> None:
    """Right after a rollback nobody must read rates, errors or latencies of what was taken back."""
    tally = site.tally()
    served(tally, "canary", 1, 50, SERVER_ERROR)
    served(tally, "blue", 1, 50)
    commit(site.places, Request("x", "x"), lambda plan: replace_weights(plan, "late", {"blue": 1}))
    served(tally, "blue", 2, 20)
    found = snapshot(site.places)["routes"][0]
    canary, blue = found["versions"]["canary"], found["versions"]["blue"]
    assert (canary["requests"], canary["rate"], canary["errors"], canary["p99_ms"]) == (50, 0.0, 0.0, None)
    assert (blue["requests"], blue["errors"]) == (70, 0.0)
    assert blue["p99_ms"] is not None
    assert found["recent_seconds"] >= 0.0


def test_the_share_of_an_interval_before_its_first_answer_is_nothing(site: Site) -> None:
    """Right after a change nothing has been served under it."""
    served(site.tally(), "blue", 1, 900)
    commit(site.places, Request("x", "x"), lambda plan: replace_weights(plan, "late", {"canary": 1}))
    assert route(site)["served"] == {"blue": 0.0, "green": 0.0, "canary": 0.0}


def test_a_request_sent_to_stable_counts_where_it_was_answered(site: Site) -> None:
    """A fallback is no answer of the version that was down."""
    tally = site.tally()
    served(tally, "blue", 1, 100)
    tally.block("late", "canary", 1).count(FALLBACK)
    found = route(site)
    assert found["served"] == {"blue": 100.0, "green": 0.0, "canary": 0.0}
    assert (found["versions"]["canary"]["requests"], found["versions"]["canary"]["fallbacks"]) == (0, 1)
    assert "fallback" not in found["versions"]["canary"]["outcomes"]


def test_failures_that_the_gateway_answers_count_as_served(site: Site) -> None:
    """A service that times out has had its share of the requests."""
    tally = site.tally()
    served(tally, "blue", 1, 50)
    served(tally, "canary", 1, 50, TIMEOUT)
    assert route(site)["served"]["canary"] == 50.0
    assert route(site)["versions"]["canary"]["outcomes"]["timeout"] == 50


def test_rate_errors_and_latencies_are_those_of_the_recent_window(site: Site) -> None:
    """What lies before the window is in the totals alone."""
    tally = site.tally()
    served(tally, "blue", 1, 1000, SERVER_ERROR)
    for at in (NOW - 20, NOW - 10):
        tally.snapshot(at, 10.0)
    served(tally, "blue", 1, 90)
    served(tally, "blue", 1, 10, SERVER_ERROR)
    tally.snapshot(NOW, 0.0)
    found = route(site)
    assert (found["rate"], found["rate_seconds"]) == (10.0, 10.0)
    version = found["versions"]["blue"]
    assert version["rate"] == pytest.approx(100 / 10)
    assert version["errors"] == pytest.approx(0.1)
    assert version["p50_ms"] == pytest.approx(1.0, rel=0.125)
    assert version["p99_ms"] == pytest.approx(1.0, rel=0.25)
    assert version["requests"] == 1100


def test_retries_and_times_to_first_byte_are_told_by_version(site: Site) -> None:
    """Attempts and retries since the start, times to first byte of late, over both workers."""
    for number in (0, 1):
        block = site.tally(number).block("late", "blue", 1)
        for earlier in (NOW - 20, NOW - 10):
            block.snapshot(int(earlier * 1000))
        block.attempted()
        block.attempted()
        block.retried()
        block.first_byte(3_000)
    version = route(site)["versions"]["blue"]
    assert (version["attempts"], version["retries"]) == (4, 2)
    assert 2.048 <= version["ttfb_p50_ms"] <= version["ttfb_p99_ms"] <= 4.096


def test_what_the_workers_see_is_told_and_warned_of(site: Site) -> None:
    """Replicas, breakers, queues, tunnels, certificates: the live workers' views put together."""
    for number, state in ((0, "up"), (1, "ejected"), (2, "down")):
        site.tally(number).beat(NOW - (60 if number == 2 else 0), 1, 0)
        write(
            report_path(site.places.run, number),
            {
                "services": {"canary": {"replicas": {"127.0.0.1:9003": state}, "breaker": "closed"}},
                "tunnels": 2,
                "certificates": [{"file": "a.pem", "names": ["a.example"], "not_after": 86_400}],
            },
        )
    found = snapshot(site.places, NOW)
    assert found["health"] == {
        "canary": {
            "replicas": {"127.0.0.1:9003": {"up": 1, "warming": 0, "unwell": 0, "ejected": 1, "down": 0}},
            "reasons": {},
            "breakers": {"closed": 2},
            "queued": 0,
            "panic": 1,
            "out": 0,
        }
    }
    assert found["tunnels"] == 4
    assert found["certificates"] == [
        {"file": "a.pem", "names": ["a.example"], "not_after": "1970-01-02T00:00:00.000Z", "problem": ""}
    ]
    assert [warning.partition(":")[0] for warning in found["warnings"]] == [
        "service canary",
        "certificate a.pem (a.example) has expired on 1970-01-02 00",
    ]


def test_limits_that_ever_held_are_told(site: Site) -> None:
    """Over all workers, in all and of late; a worker that is gone has held nothing of late."""
    for number in (0, 1):
        site.tally(number).hit(HIT_RATE)
    assert snapshot(site.places)["limits"] == {"rate": {"hits": 2, "recent": 2}}
    assert snapshot(site.places)["warnings"] == ["limits that held in the last minute: rate 2"]
    found = snapshot(site.places, NOW)
    assert (found["limits"], found["warnings"]) == ({"rate": {"hits": 2, "recent": 0}}, [])


def test_routes_do_not_mix(site: Site) -> None:
    """The same service on another route has its own numbers."""
    served(site.tally(), "blue", 1, 5)
    protocol = snapshot(site.places, NOW)["routes"][1]
    assert protocol["versions"]["blue"]["requests"] == 0
    assert protocol["weights"] == {"green": 50.0, "blue": 50.0}


def test_a_refused_save_is_told(site: Site) -> None:
    """The complaint stands in the status with its kind."""
    complain(site.places, "refused", "routing.yaml:3:1: no")
    assert snapshot(site.places)["file"] == {
        "ok": False,
        "kind": "refused",
        "message": "routing.yaml:3:1: no",
    }


def test_a_revision_that_nobody_writes_to_the_file_is_told(site: Site) -> None:
    """After a rollback without a control process the file says something else, and status says so."""
    commit(site.places, Request("x", "x"), lambda plan: replace_weights(plan, "late", {"blue": 1}))
    file = snapshot(site.places)["file"]
    assert (file["ok"], file["kind"]) == (False, "pending")
    assert "revision 2" in file["message"]


def test_a_revision_that_is_just_being_written_is_no_trouble(site: Site) -> None:
    """While the control process is there, it writes the file within milliseconds."""
    site.list_processes({"role": "control", "pid": os.getpid()})
    commit(site.places, Request("x", "x"), lambda plan: replace_weights(plan, "late", {"blue": 1}))
    assert snapshot(site.places)["file"]["ok"] is True


def test_status_works_when_nothing_runs(site: Site) -> None:
    """After the gateway has ended, the last revision is shown, without processes."""
    for path in site.places.run.iterdir():
        path.unlink()
    found = snapshot(site.places)
    assert (found["revision"], found["processes"], found["config"]) == (1, [], "")
    assert (found["listen"], found["admin"]) == ("127.0.0.1:8080", "127.0.0.1:9090")


def test_status_without_any_gateway_says_what_to_do(tmp_path: Path) -> None:
    """Where nothing was started, an error names the state directory and the command."""
    with pytest.raises(GatewayError, match="run: gateway up"):
        snapshot(Places(tmp_path / "state"))


def test_everything_is_plain_json(site: Site) -> None:
    """What the API and --json print needs no conversion."""
    served(site.tally(), "blue", 1, 5)
    found = snapshot(site.places)
    assert json.loads(json.dumps(found)) == found


def test_the_command_line_pays_for_no_framework() -> None:
    """Importing the status loads nothing that takes long to start."""
    heavy = "{'starlette', 'uvicorn', 'pydantic', 'prometheus_client', 'orjson', 'yaml', 'asyncio'}"
    program = f"import sys, gateway.control.status.snapshot; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_rollout_is_shown_with_its_verdict_and_warned_of(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is judged there is nothing to warn of."""
    monkeypatch.setattr(rollout_state, "FRESH", 3600.0)
    commit(site.places, Request("rollout", "cli:me"), lambda head: start(head, head.routes[0], "canary"))
    found = snapshot(site.places, NOW)
    assert found["routes"][0]["rollout"]["progress"]["state"] == "progressing"
    assert any("is not judged yet: it stays at 5 %" in warning for warning in found["warnings"])
    verdict = {"outcome": "inconclusive", "sentence": "it is early", "metrics": [], "alpha": 0.05}
    told = {"verdict": verdict, "situation": None, "step_requests": 3, "rate": 0.5}
    (site.places.run / "rollouts.json").write_text(json.dumps({"at": time.time(), "routes": {"late": told}}))
    found = snapshot(site.places, NOW)
    assert found["routes"][0]["rollout"]["verdict"]["sentence"] == "it is early"
    assert not any("is not judged" in warning for warning in found["warnings"])
