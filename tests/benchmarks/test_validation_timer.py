"""Timing the checks of request heads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import heads
from benchmarks.validation_timer import Timer, main, split
from gateway.http.strict import Refused

FORGED = b"POST / HTTP/1.1\r\nhost: a b\r\ncontent-length: 0\r\n\r\n"
"""llhttp reads it; the checks do not let it pass."""


def test_a_request_is_parted_after_its_empty_line() -> None:
    """Nothing is lost."""
    head, body = split(b"POST / HTTP/1.1\r\nhost: a\r\n\r\n{}\r\n\r\n")
    assert head.endswith(b"\r\n\r\n")
    assert body == b"{}\r\n\r\n"


@pytest.mark.parametrize("way", ["known", "fresh"])
def test_what_is_timed_does_check(way: str) -> None:
    """A figure for checks that let everything pass would be worth nothing."""
    timer = Timer()
    requests = [split(one) for one in heads.pool(1, size=3)]
    getattr(timer, way)(requests)
    with pytest.raises(Refused, match="Host"):
        getattr(timer, way)([split(FORGED)])


def test_without_checks_it_is_read_all_the_same() -> None:
    """The difference between the ways is the checks alone."""
    Timer().bare([split(FORGED), *(split(one) for one in heads.pool(1, size=3))])


def test_every_way_has_its_rounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All in one line, in microseconds, with whether it was compiled."""
    main(heads.write_pool(heads.pool(1, size=50), tmp_path / "pool"), 3)
    found = json.loads(capsys.readouterr().out)
    assert {way: len(rounds) for way, rounds in found.items() if way != "compiled"} == {
        "bare": 3,
        "known": 3,
        "fresh": 3,
    }
    assert 0 < min(found["bare"]) < 1_000
    assert isinstance(found["compiled"], bool)
