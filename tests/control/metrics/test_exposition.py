"""/metrics, read back with Prometheus' own parser."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from gateway.control.metrics.exposition import exposition
from gateway.monitoring.health_report import STATES, report_path, write
from gateway.monitoring.tally import FALLBACK, LIMITS, OK, OUTCOMES, REFUSED, TIMEOUT, UNAVAILABLE
from gateway.monitoring.tally_layout import HIT_HEAD
from gateway.proxy.observe import record
from gateway.routing.change import Request, commit
from gateway.routing.complaint import complain
from gateway.routing.shares import replace_weights
from gateway.statistics.histogram import bucket_of

if TYPE_CHECKING:
    from tests.control.conftest import Site

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape(site: Site) -> Samples:
    """Every sample by its name and labels."""
    text = exposition(site.places)[0].decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    """One sample."""
    return samples.get((name, tuple(sorted(labels.items()))))


def test_requests_are_counted_by_route_version_and_outcome(site: Site) -> None:
    """All workers and all intervals of weights add up to one series that only ever grows."""
    for number, since in ((0, 1), (0, 2), (1, 2)):
        block = site.tally(number).block("late", "blue", since)
        block.count(OK)
        block.count(TIMEOUT)
    samples = scrape(site)
    name = "gateway_requests_total"
    assert value(samples, name, route="late", version="blue", outcome="ok") == 3
    assert value(samples, name, route="late", version="blue", outcome="timeout") == 3
    assert value(samples, name, route="late", version="blue", outcome="server_error") == 0


def test_fallbacks_have_a_counter_of_their_own(site: Site) -> None:
    """A request that went to stable instead is not counted twice among the requests."""
    site.tally().block("late", "canary", 1).count(FALLBACK)
    samples = scrape(site)
    assert value(samples, "gateway_fallbacks_total", route="late", version="canary") == 1
    requests = [n for (name, _), n in samples.items() if name == "gateway_requests_total"]
    assert sum(requests) == 0


def test_refusals_before_any_route_have_empty_labels(site: Site) -> None:
    """What never got as far as a route is counted without a name, and without a duration."""
    site.tally().block("", "", 0).count(REFUSED)
    samples = scrape(site)
    assert value(samples, "gateway_requests_total", route="", version="", outcome="refused") == 1
    assert value(samples, "gateway_requests_total", route="", version="", outcome="ok") is None
    assert value(samples, "gateway_request_duration_seconds_count", route="", version="") is None


def test_clients_turned_away_for_want_of_room_are_counted(site: Site) -> None:
    """They were answered 503 before any route was known; nothing else is told of the nameless."""
    block = site.tally().block("", "", 0)
    block.count(UNAVAILABLE)
    block.count(TIMEOUT)
    samples = scrape(site)
    name = "gateway_requests_total"
    assert value(samples, name, route="", version="", outcome="unavailable") == 1
    assert value(samples, name, route="", version="", outcome="refused") == 0
    assert value(samples, name, route="", version="", outcome="timeout") == 1
    assert value(samples, name, route="", version="", outcome="bad_gateway") is None


def test_limits_are_counted_over_all_workers_there_have_been(site: Site) -> None:
    """Workers that are gone count on; a limit that never held is 0 rather than missing."""
    site.tally(0).beat(time.monotonic() - 600, 1, 0)
    for number in (0, 1, 1):
        site.tally(number).hit(HIT_HEAD)
    samples = scrape(site)
    assert value(samples, "gateway_limit_hits_total", limit="head") == 3
    assert all(value(samples, "gateway_limit_hits_total", limit=name) is not None for name in LIMITS)
    assert sum(n for (name, _), n in samples.items() if name == "gateway_limit_hits_total") == 3


def test_attempts_and_retries_are_counted_by_route_and_version(site: Site) -> None:
    """So that attempts never exceed 1.2 times the requests can be watched."""
    for number in (0, 1):
        block = site.tally(number).block("late", "blue", 1)
        block.attempted()
        block.attempted()
        block.retried()
    site.tally().block("", "", 0).count(REFUSED)
    samples = scrape(site)
    labels = {"route": "late", "version": "blue"}
    assert value(samples, "gateway_attempts_total", **labels) == 4
    assert value(samples, "gateway_retries_total", **labels) == 2
    assert value(samples, "gateway_attempts_total", route="", version="") is None


def test_times_to_first_byte_are_a_histogram_in_seconds(site: Site) -> None:
    """Buckets end at the octaves of the tally."""
    block = site.tally().block("late", "blue", 1)
    for microseconds in (50, 900, 70_000_000):
        block.first_byte(microseconds)
    samples = scrape(site)
    name, labels = "gateway_time_to_first_byte_seconds", {"route": "late", "version": "blue"}
    assert value(samples, f"{name}_count", **labels) == 3
    assert value(samples, f"{name}_sum", **labels) == pytest.approx(70.00095)
    assert value(samples, f"{name}_bucket", **labels, le="6.4e-05") == 1
    assert value(samples, f"{name}_bucket", **labels, le="0.000512") == 1
    assert value(samples, f"{name}_bucket", **labels, le="0.001024") == 2
    assert value(samples, f"{name}_bucket", **labels, le="67.108864") == 2
    assert value(samples, f"{name}_bucket", **labels, le="+Inf") == 3


def test_what_live_workers_report_becomes_gauges(site: Site) -> None:
    """A worker that is gone reports no longer."""
    view = {"services": {"canary": {"replicas": {"127.0.0.1:9003": "down"}}}}
    for number, age in ((0, -60), (1, 60)):
        site.tally(number).beat(time.monotonic() - age, 1, 0)
        write(report_path(site.places.run, number), view)
    labels = {"service": "canary", "replica": "127.0.0.1:9003"}
    samples = scrape(site)
    assert value(samples, "gateway_replica_state", **labels, state="down") == 1
    assert value(samples, "gateway_replica_state", **labels, state="up") == 0
    assert value(samples, "gateway_open_tunnels", worker="0") == 0
    assert value(samples, "gateway_open_tunnels", worker="1") is None


def test_durations_are_a_histogram_in_seconds(site: Site) -> None:
    """Buckets are cumulative, the sum is in seconds, the count is that of all requests."""
    block = site.tally().block("late", "blue", 1)
    for microseconds in (50, 900, 1_100, 70_000):
        block.words[block.histogram + bucket_of(microseconds)] += 1
        block.words[block.microseconds] += microseconds
    samples = scrape(site)
    name, labels = "gateway_request_duration_seconds", {"route": "late", "version": "blue"}
    assert value(samples, f"{name}_count", **labels) == 4
    assert value(samples, f"{name}_sum", **labels) == pytest.approx(0.07205)
    assert value(samples, f"{name}_bucket", **labels, le="6.4e-05") == 1
    assert value(samples, f"{name}_bucket", **labels, le="0.001024") == 2
    assert value(samples, f"{name}_bucket", **labels, le="0.002048") == 3
    assert value(samples, f"{name}_bucket", **labels, le="+Inf") == 4


def test_weights_and_revision_are_those_of_the_live_plan(site: Site) -> None:
    """A share of 10 % is a ratio of 0.1."""
    commit(
        site.places, Request("x", "x"), lambda plan: replace_weights(plan, "late", {"blue": 3, "canary": 1})
    )
    samples = scrape(site)
    assert value(samples, "gateway_version_weight_ratio", route="late", version="canary") == 0.25
    assert value(samples, "gateway_version_weight_ratio", route="late", version="green") == 0
    assert value(samples, "gateway_plan_revision") == 2


def test_workers_tell_their_revision_while_they_live(site: Site) -> None:
    """A worker that lags shows; one that is dead has no series rather than an old number."""
    site.tally(0).beat(time.monotonic() + 60, 7, 42)
    site.tally(1).beat(time.monotonic() - 60, 6, 13)
    samples = scrape(site)
    assert value(samples, "gateway_worker_plan_revision", worker="0") == 7
    assert value(samples, "gateway_open_connections", worker="0") == 42
    assert value(samples, "gateway_worker_plan_revision", worker="1") is None
    assert value(samples, "gateway_open_connections", worker="1") is None


def test_processes_are_up_or_not_and_count_their_restarts(site: Site) -> None:
    """Each process has its role, service and number as labels."""
    site.list_processes(
        {"role": "control", "pid": os.getpid(), "restarts": 3},
        {"role": "replica", "pid": 0, "service": "blue", "number": 1},
    )
    samples = scrape(site)
    control = {"role": "control", "service": "", "number": "0"}
    replica = {"role": "replica", "service": "blue", "number": "1"}
    assert value(samples, "gateway_process_up", **control) == 1
    assert value(samples, "gateway_process_restarts_total", **control) == 3
    assert value(samples, "gateway_process_up", **replica) == 0


def test_a_complaint_about_the_file_shows(site: Site) -> None:
    """The gauge falls to 0 while routing.yaml is not what is live."""
    assert value(scrape(site), "gateway_routing_file_ok") == 1
    complain(site.places, "refused", "routing.yaml:3:1: no")
    assert value(scrape(site), "gateway_routing_file_ok") == 0


def test_every_series_has_a_help_text(site: Site) -> None:
    """A person who meets a name in a dashboard finds out what it means."""
    for family in text_string_to_metric_families(exposition(site.places)[0].decode()):
        assert family.documentation.endswith("."), family.name


def test_every_series_and_every_word_in_a_label_is_documented(site: Site) -> None:
    """docs/metrics.md has a row for each family, limit, state and outcome, and for nothing that is not."""
    text = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()
    rows = {row.split("`")[1] for row in text.splitlines() if row.startswith("| `")}
    said_by_all(site)
    families = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families(exposition(site.places)[0].decode())
    }
    words = {*LIMITS, *STATES, *OUTCOMES[:FALLBACK]}
    assert {row for row in rows if row.startswith("gateway_")} == families
    assert {row for row in rows if not row.startswith("gateway_")} == words


@pytest.mark.parametrize("file", ["prometheus/gateway.rules.yaml", "grafana/gateway.json"])
def test_rules_and_dashboard_are_made_of_series_that_there_are(site: Site, file: str) -> None:
    """Every name in an expression of deploy/ is scraped."""
    text = (Path(__file__).parents[3] / "deploy" / file).read_text()
    said_by_all(site)
    scraped = {family.name for family in text_string_to_metric_families(exposition(site.places)[0].decode())}
    suffixes = "|".join(("_total", "_bucket", "_sum", "_count"))
    named = set(re.findall(r"gateway_[a-z_]+", text))
    assert len(named) > 10
    for name in named:
        assert name in scraped or re.sub(f"({suffixes})$", "", name) in scraped, name


def test_the_dashboards_panels_do_not_overlap() -> None:
    """Each has a place of its own, and asks at least one question."""
    board = json.loads((Path(__file__).parents[3] / "deploy" / "grafana" / "gateway.json").read_text())
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
        assert panel["targets"][0]["expr"]


def said_by_all(site: Site) -> None:
    """Have something said by all that only speak once they run."""
    site.tally().block("late", "blue", 1).attempted()
    site.places.recorder.write_text("{}")
    site.places.keeper.write_text("{}")


def test_a_process_that_drains_has_no_series(site: Site) -> None:
    """Its successor may bear the same role and number, and one name must not have two values."""
    site.list_processes({"role": "control", "pid": 0}, {"role": "control", "pid": 0, "draining": True})
    lines = exposition(site.places)[0].decode().splitlines()
    assert [line for line in lines if line.startswith('gateway_process_up{number="0",role="control"')] == [
        'gateway_process_up{number="0",role="control",service=""} 0.0'
    ]


def test_whoever_reads_openmetrics_gets_traces(site: Site) -> None:
    """Each bucket with something in it names the latest request there; no bucket names one of another."""
    block = site.tally().block("late", "blue", 1)
    for seconds in (90e-6, 90e-6, 5e-3):
        record(block, OK, seconds)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    octaves = {"7": [trace, 90e-6, 1795248000.5], "13": ["0" * 31 + "1", 70e-6, 1.0], "20": [trace, 0.9, 1.0]}
    site.places.exemplars.write_text(json.dumps({"late": {"blue": octaves}}))
    text, media_type = exposition(site.places, "application/openmetrics-text; version=1.0.0")
    assert media_type.startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith(b"# EOF\n")
    found = {
        sample.labels["le"]: sample.exemplar
        for family in openmetrics(text.decode())  # type: ignore[no-untyped-call]
        for sample in family.samples
        if sample.name == "gateway_request_duration_seconds_bucket" and sample.exemplar
    }
    assert [(bound, each.labels, each.value) for bound, each in found.items()] == [
        ("0.000128", {"trace_id": trace}, 90e-6)
    ]


def test_processes_show_what_they_cost(site: Site) -> None:
    """CPU time and memory of each, as the kernel counts them."""
    site.list_processes({"role": "control", "pid": os.getpid()})
    samples = scrape(site)
    labels = {"role": "control", "service": "", "number": "0"}
    cpu = value(samples, "gateway_process_cpu_seconds_total", **labels)
    memory = value(samples, "gateway_process_resident_memory_bytes", **labels)
    assert cpu is not None
    assert cpu > 0.0
    assert memory is not None
    assert memory > 1_000_000
