"""What the gateway says for itself, and what it counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.errors import Fault
from gateway.monitoring import tally
from gateway.proxy.observe import outcome_of, problem, record, record_fault


def test_a_problem_says_what_is_wrong_and_with_which_service() -> None:
    """RFC 9457, with a length that fits."""
    answer = problem(Fault(503, "unavailable", "it is down", "blue"), b"77", close=False)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"HTTP/1.1 503 Service Unavailable"
    assert b"content-type: application/problem+json\r\ncontent-length: %d" % len(body) in head
    assert b"x-request-id: 77" in head
    assert b"connection" not in head
    assert json.loads(body) == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "it is down",
        "service": "blue",
    }


def test_a_problem_may_be_the_last_answer_and_have_no_body() -> None:
    """The length is that of the body it would have (RFC 9110, 9.3.2)."""
    answer = problem(Fault(405, "refused", "no"), b"", close=True, with_body=False)
    assert answer.endswith(b"connection: close\r\n\r\n")
    assert b"\r\nallow: GET, HEAD, POST" in answer
    assert b"x-request-id" not in answer
    assert b"content-length: 0" not in answer


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "ok"),
        (304, "ok"),
        (399, "ok"),
        (400, "client_error"),
        (499, "client_error"),
        (500, "server_error"),
    ],
)
def test_a_service_s_answer_counts_by_its_status(status: int, outcome: str) -> None:
    """4xx is the client's fault, 5xx the service's."""
    assert tally.OUTCOMES[outcome_of(status)] == outcome


@pytest.mark.parametrize("outcome", ["refused", "unavailable", "bad_gateway", "timeout", "disconnected"])
def test_faults_and_answers_are_counted_with_their_time(tmp_path: Path, outcome: str) -> None:
    """Once each; a clock that went back counts as no time."""
    path = tmp_path / "w.tally"
    block = tally.TallyWriter(path, 1).block("all", "blue", 1)
    record_fault(block, Fault(500, outcome, ""), 0.002)
    record(block, tally.OK, -1.0)
    _, (count,) = tally.read(path)
    assert count.requests == sum(count.histogram) == 2
    assert count.outcomes[tally.OUTCOMES.index(outcome)] == 1
    assert (count.outcomes[tally.OK], count.microseconds) == (1, 2000)
