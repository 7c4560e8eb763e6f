"""Frames as records: every number in its unit, nothing of what is unknown, nothing lost whatever comes."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.monitoring import tally_layout
from gateway.requestlog.columns import COLUMNS
from gateway.requestlog.frame import TRACED
from gateway.requestlog.record import OUTCOMES, Rule
from tests.requestlog.frames import BODIES, REQUEST, RESPONSE, frame
from tests.requestlog.logs import Open, whole

RULE = Rule("/v2", Open())


def record(**changed: Any) -> dict[str, Any]:
    """Return the record of a frame."""
    return whole(frame(**changed), RULE, "models/v2", 3)


def test_all_that_is_known_stands_in_the_record() -> None:
    """Ids in hex, times in milliseconds, words instead of codes, and the columns are those of `COLUMNS`."""
    bodies = {"request_body": REQUEST, "response_body": RESPONSE}
    found = record(n=9, key=b"u7", parent=b"\x44" * 8, flags=TRACED, **bodies)
    assert found == {
        "id": "11" * 16,
        "ts": 1_700_000_000_000_000,
        "method": "POST",
        "path": "/v2/models/m/infer",
        "key": "p_7537",
        "route": "flights",
        "version": "v2",
        "model": "models/v2",
        "chosen": "v2",
        "why": "weights",
        "revision": 7,
        "status": 200,
        "outcome": "ok",
        "latency_ms": 12.345,
        "queue_ms": 0.045,
        "service_ms": 12.0,
        "attempts": 1,
        "request_bytes": 10,
        "response_bytes": 20,
        "trace_id": "22" * 16,
        "span_id": "33" * 8,
        "parent_id": "44" * 8,
        "traced": True,
        "inputs": {"hour": [7.5]},
        "outputs": {"late": [0.25]},
        "worker": 3,
        "n": 9,
    }
    assert found.keys() <= COLUMNS.keys()


def test_what_is_unknown_is_left_out() -> None:
    """A request that matched no route and was sent nowhere has neither version nor times of a service."""
    found = record(
        route=b"", version=b"", chosen=b"", attempts=0, trace=bytes(16), span=bytes(8), status=404, outcome=3
    )
    missing = {"route", "version", "model", "chosen", "why", "queue_ms", "service_ms", "trace_id", "span_id"}
    assert not missing & found.keys()
    assert found["outcome"] == "refused"


def test_a_service_that_never_answered_has_no_time() -> None:
    """It was asked, so the time until then is known."""
    found = record(service=0, status=502)
    assert "service_ms" not in found
    assert found["queue_ms"] == 0.045


def test_outcomes_are_those_of_the_tallies() -> None:
    """The room above writes the same words into the counters."""
    assert OUTCOMES == tally_layout.OUTCOMES


def test_codes_that_nobody_knows_are_left_out() -> None:
    """A newer worker may say more than this recorder understands."""
    found = record(outcome=200, why=99)
    assert "outcome" not in found
    assert "why" not in found


def test_bytes_that_are_no_utf8_are_spelled_out() -> None:
    """A path is not chosen by us; the line is JSON all the same."""
    found = record(path=b"/a\xff\xfe", route=b"r\x80")
    assert found["path"] == "/a\\xff\\xfe"
    assert found["route"] == "r\\x80"
    assert orjson.loads(orjson.dumps(found)) == found


def test_a_method_that_a_client_made_up_is_not_remembered() -> None:
    """It may be any text, and no filter looks at it."""
    assert record(method=b"SECRET-TOKEN")["method"] == "OTHER"
    assert "method" not in record(method=b"")


def test_a_path_of_which_nothing_may_be_shown_is_left_out() -> None:
    """An empty text says nothing."""
    assert "path" not in record(path=b"")


class Broken(Open):
    """A filter that fails wherever it is told to."""

    def __init__(self, where: str) -> None:
        self._where = where

    def path(self, path: str, route_path: str) -> str:
        """Fail at a path."""
        if self._where == "path":
            raise RecursionError("secret")
        return path

    def key(self, raw: bytes) -> str:
        """Fail at a key."""
        if self._where == "key":
            raise ValueError("secret")
        return "p"


@pytest.mark.parametrize("where", ["path", "key"])
def test_a_filter_that_fails_lets_nothing_pass(where: str) -> None:
    """The record stays, with a note; the text that could not be filtered is not in it."""
    found = whole(frame(path=b"/secret", key=b"secret"), Rule("/", Broken(where)))
    assert where not in found
    assert found["notes"] == ["filter_failed"]
    assert found["status"] == 200


@given(*[st.integers(0, 2**32 - 1)] * 3)
def test_times_are_in_milliseconds_to_the_microsecond(latency: int, queue: int, service: int) -> None:
    """Whatever they are."""
    found = record(latency=latency, queue=queue, service=service)
    assert found["latency_ms"] == latency / 1000
    assert found["queue_ms"] == queue / 1000
    assert found.get("service_ms", 0.0) == service / 1000


@given(
    st.fixed_dictionaries(
        {
            name: st.binary(max_size=40)
            for name in ("method", "path", "route", "version", "chosen", "key", *BODIES)
        }
    ),
    st.integers(0, 255),
)
def test_whatever_bytes_come_there_is_a_record(texts: dict[str, bytes], flags: int) -> None:
    """Nothing raises, and the keys are columns."""
    found = record(**texts, flags=flags)
    assert found["id"] == "11" * 16
    assert found.keys() <= COLUMNS.keys()
    orjson.dumps(found)
