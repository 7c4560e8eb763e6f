"""The corpus itself: large enough, readable, and nothing said twice or without a reason."""

from __future__ import annotations

import pytest

from tests.corpus.cases import (
    FORWARD,
    STATUSES,
    BadCorpus,
    answers,
    raw,
    read_answers,
    read_requests,
    requests,
)

FAIR = "{id: a, verdict: forward, reason: 'RFC 1: x', bytes: x, sees: [{line: x}]}"
BAD = {
    "no id": "[{verdict: 400, reason: 'RFC 1: x', bytes: x}]",
    "an id twice": f"[{FAIR}, {FAIR}]",
    "an unknown key": "[{id: a, verdict: 400, reason: 'RFC 1: x', bytes: x, status: 400}]",
    "no reason": "[{id: a, verdict: 400, bytes: x}]",
    "a reason without its source": "[{id: a, verdict: 400, reason: 'because: so', bytes: x}]",
    "no bytes": "[{id: a, verdict: 400, reason: 'RFC 1: x'}]",
    "a verdict that is none": "[{id: a, verdict: 418, reason: 'RFC 1: x', bytes: x}]",
    "forwarded, but what": "[{id: a, verdict: forward, reason: 'RFC 1: x', bytes: x}]",
}


def test_the_corpus_is_as_large_as_promised() -> None:
    """At least 150 requests and 40 answers, hostile and fair."""
    hostile = [case for case in requests() if case.status is not None]
    assert len(hostile) >= 150
    assert len(requests()) - len(hostile) >= 50
    assert len(answers()) >= 40
    assert sum(case.verdict == FORWARD for case in answers()) >= 20


def test_every_status_is_met() -> None:
    """Each refusal that the gateway knows has a case."""
    assert {case.status for case in requests()} - {None} == STATUSES


def test_no_two_cases_send_the_same() -> None:
    """A copy would only look like more."""
    sent = [case.data for case in requests()]
    assert len(set(sent)) == len(sent)
    answered = [(case.method, case.data, case.closes) for case in answers()]
    assert len(set(answered)) == len(answered)


def test_bytes_are_written_as_characters_and_repetitions() -> None:
    """One character is one byte; a pair is a text and how often."""
    assert raw("\xe4\r\n") == b"\xe4\r\n"
    assert raw(["a", ["bc", 3], "\0"]) == b"abcbcbc\0"


@pytest.mark.parametrize("case", BAD)
def test_a_bad_case_is_not_read(case: str) -> None:
    """Else it would test nothing."""
    with pytest.raises(BadCorpus):
        read_requests(BAD[case])


def test_a_broken_answer_may_not_say_that_its_connection_is_used_again() -> None:
    """That is the rule which the corpus is there to hold."""
    with pytest.raises(BadCorpus, match="used again"):
        read_answers("[{id: a, verdict: 502, reason: 'RFC 1: x', bytes: x, reused: true}]")
    with pytest.raises(BadCorpus, match="verdict"):
        read_answers("[{id: a, verdict: 500, reason: 'RFC 1: x', bytes: x}]")
