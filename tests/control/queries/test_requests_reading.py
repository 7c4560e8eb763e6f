"""Reading single requests from the log."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import TYPE_CHECKING

import pytest

from gateway.control.problems import Refusal
from gateway.control.queries import requests_reading
from gateway.control.queries.requests_asked import search_of
from gateway.control.queries.requests_reading import AT_ONCE, WAITING, iso, one, reading, search
from tests.control import logged
from tests.control.logged import BEGIN, record

if TYPE_CHECKING:
    from tests.control.conftest import Site

NOW = BEGIN / 1e6 + 60


def found(site: Site, **asked: str) -> list[int]:
    """Return the numbers of the requests that a search finds."""
    return [int(it["id"], 16) for it in search(site.places, search_of(asked, NOW))["requests"]]


def test_each_word_of_a_search_narrows_it(site: Site) -> None:
    """By what is equal, by the kind of status, by a piece of the path, by time."""
    logged.write(
        site.places,
        record(0, route="other"),
        record(1, version="canary", why="sticky"),
        record(2, status=503, outcome="unavailable"),
        record(3, path="/v2/models/50%_off/infer"),
        record(4, key="p_" + 24 * "1"),
        record(5, status=0, outcome="disconnected"),
    )
    assert found(site) == [5, 4, 3, 2, 1, 0]
    assert found(site, route="other") == [0]
    assert found(site, version="canary", why="sticky") == [1]
    assert found(site, status="5xx") == found(site, status="503") == found(site, outcome="unavailable") == [2]
    assert found(site, path="50%_") == [3]
    assert found(site, path="%") == [3]
    assert found(site, key="p_" + 24 * "1") == [4]
    assert found(site, status="0") == [5]
    assert found(site, since="57s", until="2025-11-21T00:00:05") == [4, 3]
    assert found(site, route="late' OR '1'='1") == []


def test_what_is_sealed_is_found_as_well(site: Site) -> None:
    """Files of any kind are one log."""
    from tests.requestlog import lake_log

    lake_log.sealed_segment(site.places.log, 0, [record(1)])
    lake_log.segment(site.places.log, 1, [record(2)])
    assert found(site) == [2, 1]
    assert one(site.places, f"{1:032x}")["inputs"] == {"month": [1], "carrier": ["UA"]}


def test_one_request_is_told_whole(site: Site) -> None:
    """What is not there is null, notes are a list."""
    logged.write(site.places, record(1, outputs=None, notes=["filtered"]), record(2))
    told = one(site.places, f"{1:032x}")
    assert (told["outputs"], told["notes"], told["at"]) == (None, ["filtered"], "2025-11-21T00:00:01.000000Z")
    assert one(site.places, f"{2:032x}")["notes"] == []
    with pytest.raises(Refusal) as refused:
        one(site.places, "x' OR true --")
    assert refused.value.status == 404


def test_a_search_that_takes_too_long_is_stopped(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is said how to ask for less."""
    monkeypatch.setattr(requests_reading, "SECONDS", 0.05)
    logged.write(site.places)
    with pytest.raises(Refusal, match="say since when"), requests_reading._log(site.places) as lake:
        lake.execute("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b").fetchall()


async def test_whoever_comes_when_many_wait_is_sent_away() -> None:
    """So that the log's readers never hold up anything else."""
    going = Event()
    waiting = [asyncio.create_task(reading(going.wait)) for _ in range(AT_ONCE + WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Refusal) as refused:
        await reading(lambda: None)
    assert (refused.value.status, refused.value.headers["retry-after"]) == (503, "2")
    going.set()
    assert all(await asyncio.gather(*waiting))
    assert await reading(lambda: 7) == 7


def test_times_are_told_to_the_microsecond() -> None:
    """In UTC."""
    assert iso(BEGIN + 1) == "2025-11-21T00:00:00.000001Z"
    assert iso(None) is None
