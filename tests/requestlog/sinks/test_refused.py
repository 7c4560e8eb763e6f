"""Refused records are kept where a person finds them, but never too many."""

from __future__ import annotations

from pathlib import Path

import orjson

from gateway.requestlog.sinks.refused import TOLD, keep
from gateway.requestlog.sinks.target import Item
from tests.requestlog.sinks.log_site import record


def test_it_says_which_record_and_why(tmp_path: Path) -> None:
    """Readable by this user alone; what a user sent is not in it, so there is nothing in it to forget."""
    path = tmp_path / "sinks" / "lake.refused.ndjson"
    whose = "p_0123456789abcdef01234567"
    told = record(1, key=whose, inputs={"a": [whose]}, path="/of/a/user")
    assert keep(path, Item(told, b"", 0, 1), f"answered 422: no {whose} here")
    assert keep(path, Item(record(2), b"", 0, 2), "answered 400")
    found = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert [(each["id"], each["refused"]) for each in found] == [
        (record(1)["id"], "answered 422: no p_... here"),
        (record(2)["id"], "answered 400"),
    ]
    assert all(set(each) <= {*TOLD, "refused"} for each in found)
    assert whose.encode() not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_there_is_an_end_to_it(tmp_path: Path) -> None:
    """Whole lines only, up to the limit."""
    path = tmp_path / "lake.refused.ndjson"
    kept = [keep(path, Item(record(number), b"", 0, 1), "no", most=500) for number in range(20)]
    assert kept.count(True) == len(path.read_bytes().splitlines()) < 20
    assert path.stat().st_size <= 500
