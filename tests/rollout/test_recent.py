"""The traffic that a plan assumes is the one that the workers have counted."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.monitoring import tally
from gateway.monitoring.tally import CLIENT_ERROR, FALLBACK, OK, SERVER_ERROR, TIMEOUT, TallyWriter
from gateway.rollout.recent import LEAST_ERRORS, recent_traffic, stable_part
from gateway.routing.places import Places
from gateway.routing.plan import Route

ROUTE = Route("late", "/late", "blue", (("blue", 90_000), ("canary", 10_000)))


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """The files of a gateway whose clock stands at 1000 s."""
    monkeypatch.setattr(tally, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    (tmp_path / "run").mkdir()
    return Places(tmp_path)


def counted(places: Places, worker: int, service: str, outcomes: dict[int, int]) -> None:
    """Let a worker count outcomes, each of them of about 7 µs."""
    writer = TallyWriter(places.tally(worker), 1)
    block = writer.block("late", service, 1)
    for outcome, count in outcomes.items():
        for _ in range(count):
            block.count(outcome)
            block.words[block.histogram + 7] += 1


def test_all_workers_and_both_versions_make_the_rate(places: Places) -> None:
    """Errors and latencies are stable's alone."""
    counted(places, 0, "blue", {OK: 900, SERVER_ERROR: 6, TIMEOUT: 4, CLIENT_ERROR: 90})
    counted(places, 1, "blue", {OK: 1000})
    counted(places, 2, "canary", {SERVER_ERROR: 200})
    found = recent_traffic(places, ROUTE, "canary", 1010.0)
    assert found is not None
    assert found.rate == pytest.approx(220.0)
    assert found.error_rate == pytest.approx(10 / 2000)
    assert found.histogram[7] == 2000
    assert found.seconds == 10.0
    assert found.source == "10 of 2,000 answers of blue since the gateway was started failed"


def test_a_fallback_is_bad_and_no_request_of_its_own(places: Places) -> None:
    """As the judge counts it: the request went to another service, where it is counted again."""
    counted(places, 0, "blue", {OK: 1000, FALLBACK: 10})
    found = recent_traffic(places, ROUTE, "canary", 1010.0)
    assert found is not None
    assert found.rate == pytest.approx(100.0)
    assert found.error_rate == pytest.approx(10 / 1010)


def test_a_stable_that_never_failed_is_taken_to_do_so_at_times(places: Places) -> None:
    """Always in the same part, since nothing can be compared with none, and a plan must not waver."""
    for requests in (400, 800):
        counted(places, 0, "blue", {OK: 400})
        found = recent_traffic(places, ROUTE, "canary", 1010.0)
        assert found is not None
        assert found.error_rate == LEAST_ERRORS
        told = f"none of {requests} answers of blue since the gateway was started failed; taken as 0.05 %"
        assert found.source == told


def test_without_traffic_nothing_is_known(places: Places) -> None:
    """No file, a broken one, another route's, the canary's alone, and what is long past."""
    assert recent_traffic(places, ROUTE, "canary", 1010.0) is None
    places.tally(7).write_bytes(b"no tally")
    counted(places, 0, "canary", {OK: 100})
    assert recent_traffic(places, ROUTE, "canary", 1010.0) is None
    counted(places, 1, "blue", {OK: 100})
    assert recent_traffic(places, Route("other", "/", "blue", ()), "canary", 1010.0) is None
    assert recent_traffic(places, ROUTE, "canary", 1010.0) is not None
    assert recent_traffic(places, ROUTE, "canary", 2000.0) is None


def test_other_services_take_their_part_of_the_route() -> None:
    """The canary's share comes from all of them alike."""
    assert stable_part(ROUTE, "canary") == 1.0
    three = Route("late", "/late", "blue", (("blue", 40_000), ("green", 40_000), ("canary", 20_000)))
    assert stable_part(three, "canary") == 0.5
    assert stable_part(Route("late", "/late", "blue", (("green", 100_000),)), "canary") == 1.0
