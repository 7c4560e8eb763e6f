"""The request log of a whole gateway, small: `make request-log` measures the same at full size."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.measured.row import Reached
from benchmarks.requestlog import cost, disk, fresh, kills, overload, secrets, sustained
from benchmarks.requestlog.asking import INFER
from benchmarks.requestlog.scale import QUICK
from tests.missing import missing
from tests.system.missed import missed
from tests.system.secure_site import needed
from tests.waiting import SOON

SMALL = replace(
    QUICK,
    rounds=1,
    round_seconds=1,
    rate=1_000.0,
    sustain=2,
    overload=2,
    kills=6,
    secrets=80,
    asks=2,
    full=1.0,
)


def value(found: Reached, what: str) -> float:
    """Return the first figure that begins so."""
    return next(one.value for one in found.figures if one.what.startswith(what))


def test_what_logging_costs_is_measured() -> None:
    """Two gateways take turns, one logs all of it; how much they differ is for a quiet machine to say."""
    needed("wrk", "nginx")
    found = cost.measure(SMALL, (INFER,))
    assert value(found, INFER) > 0
    assert found.requests > 0
    assert missed(found, INFER) == []


def test_a_constant_rate_is_logged_whole() -> None:
    """No record is dropped, and each answer is found by a query once the segments are sealed."""
    needed("wrk", "nginx")
    found = sustained.measure(SMALL)
    assert missed(found, "sent a second") == []
    assert value(found, "sent a second") > SMALL.rate / 10


def test_overload_is_counted_exactly() -> None:
    """With the recorder stopped, what it finds and what was dropped are all answers; nobody waits for it."""
    needed("wrk", "nginx")
    found = overload.measure(SMALL)
    assert missed(found, "p99", "p50", "answers over") == []
    assert value(found, "dropped") > 0


def test_kills_lose_nothing() -> None:
    """Whoever is killed -9: an answer that came 250 ms before is in the log once, and every file is read."""
    needed("nginx")
    found = kills.measure(SMALL)
    assert missed(found) == []
    assert value(found, "killed") == SMALL.kills


def test_a_full_disk_stops_the_log_alone() -> None:
    """Traffic goes on, drops are counted and told, and the log goes on by itself once there is room."""
    needed("wrk", "nginx")
    if why := disk.missing():
        missing(why)
    assert missed(disk.measure(SMALL)) == []


def test_a_strict_filter_gives_nothing_away() -> None:
    """No secret is in any file, in memory, in a sink, a trace, a metric or any output."""
    assert missed(secrets.strict(SMALL)) == []


def test_a_query_tells_of_an_answer_soon() -> None:
    """By a new process, and in one that has DuckDB loaded; `make request-log` measures the two seconds."""
    needed("nginx")
    found = fresh.measure(SMALL)
    assert found.failed == 0
    assert all(one.value < 2 * SOON for one in found.figures)
