"""Access lines: one line for each answer, for people or programs, and nobody waits for who reads them."""

from __future__ import annotations

import os
import time
from typing import Any

import orjson
import pytest

from gateway.requestlog.access import WAITING, AccessLog, access_line
from tests.waiting import BOUND

RECORD: dict[str, Any] = {
    "id": "1",
    "ts": 1_700_000_000_123_456,
    "method": "GET",
    "path": "/v2\n/x",
    "version": "v2",
    "status": 200,
    "latency_ms": 1.26,
    "inputs": {"a": [1]},
    "request_body": "secret",
}


def test_people_get_the_time_and_what_became_of_it() -> None:
    """On one line, whatever is in the path."""
    assert access_line(RECORD, "console") == b"2023-11-14T22:13:20.123Z GET /v2?/x 200 v2 1.3 ms\n"


def test_what_is_unknown_is_a_dash() -> None:
    """A request that was refused was answered by no version."""
    record = {name: value for name, value in RECORD.items() if name not in ("method", "path", "version")}
    assert access_line(record, "console") == b"2023-11-14T22:13:20.123Z - - 200 - 1.3 ms\n"


def test_programs_get_the_record_without_content() -> None:
    """All its other keys, as JSON."""
    found = orjson.loads(access_line(RECORD, "json"))
    assert found == {name: value for name, value in RECORD.items() if name not in ("inputs", "request_body")}


def test_lines_are_written_in_order() -> None:
    """At the end all that waits is written."""
    reader, writer = os.pipe()
    log = AccessLog(writer)
    log.write([])
    log.write([b"one\n", b"two\n"])
    log.write([b"three\n"])
    log.stop(BOUND)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        assert file.read() == b"one\ntwo\nthree\n"
    assert log.left_out == 0


def test_who_does_not_read_holds_up_nobody() -> None:
    """What does not fit is left out and counted; `stop` gives up after a while."""
    reader, writer = os.pipe()
    log = AccessLog(writer)
    batch = [b"x" * 1023 + b"\n"] * 128  # twice what a pipe holds
    began = time.monotonic()
    for _ in range(WAITING + 5):
        log.write(batch)
    log.stop(patience=0.01)
    assert time.monotonic() - began < BOUND
    assert log.left_out >= 3 * len(batch)
    os.close(reader)  # now its thread hears that nobody reads any more
    deadline = time.monotonic() + BOUND
    while log.left_out < (WAITING + 5) * len(batch) - 2 * 64:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    log.stop(BOUND)
    os.close(writer)


@pytest.mark.parametrize("ts", [2**63, 2**64 - 1])
def test_a_time_that_no_calendar_has_ends_nothing(ts: int) -> None:
    """Whoever reads memory that something wrote over would die of the same record again and again."""
    assert access_line({**RECORD, "ts": ts}, "console").startswith(b"- ")
