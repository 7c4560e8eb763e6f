"""TLS, bodies, streams and WebSockets, contender by contender."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.configs import Site
from benchmarks.protocols import KINDS, PARTS, measure_kind
from benchmarks.scale import QUICK
from benchmarks.stage import Running
from benchmarks.wire import Broken
from benchmarks.wrk import Burst


@pytest.fixture
def running(tmp_path: Path) -> Iterator[list[Running]]:
    """Stand-ins for two proxies: a process each, which does nothing."""
    site = Site(tmp_path, 0, 0, 0, 0)
    idle = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    processes = [subprocess.Popen(idle, stdin=subprocess.PIPE) for _ in range(2)]
    try:
        yield [Running(name, site, one) for name, one in zip(("one", "other"), processes, strict=True)]
    finally:
        for process in processes:
            process.communicate()


def test_they_take_turns_and_the_first_round_does_not_count(running: list[Running]) -> None:
    """Connections and caches come first; a round's cost is per unit of its load."""
    turns: list[str] = []

    def load(proxy: Running, seconds: int) -> Burst:
        turns.append(proxy.name)
        return Burst(requests=1_000, seconds=seconds, failed=1)

    found = measure_kind(running, {"third": "not installed"}, load, replace(QUICK, protocol_rounds=2))
    assert turns == ["one", "other"] * 3
    assert [len(rounds) for rounds in found["cpu_us"].values()] == [2, 2]
    assert found["rate"]["one"] == [1_000.0, 1_000.0]
    assert found["failed"] == {"one": 2, "other": 2}
    assert found["gave_up"] == {"third": "not installed"}


def test_who_breaks_off_is_not_asked_again(running: list[Running]) -> None:
    """Its reason is kept; the others go on."""

    def load(proxy: Running, seconds: int) -> Burst:
        if proxy.name == "one":
            raise Broken("it hung up")
        return Burst(10, seconds, 0)

    found = measure_kind(running, {}, load, replace(QUICK, protocol_rounds=3))
    assert found["gave_up"] == {"one": "it hung up"}
    assert len(found["cpu_us"]["other"]) == 3


def test_kinds_have_names_of_their_own() -> None:
    """Results are kept by part and name."""
    assert len({(kind.part, kind.name) for kind in KINDS}) == len(KINDS)
    assert PARTS == ("bodies", "streams", "tls", "websocket")
