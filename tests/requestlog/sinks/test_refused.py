"""Refused records are kept where a person finds them, but never too many."""

from __future__ import annotations

from pathlib import Path

import orjson

from gateway.requestlog.sinks.refused import keep
from gateway.requestlog.sinks.target import Item
from tests.requestlog.sinks.log_site import record


def test_a_record_is_kept_with_the_reason(tmp_path: Path) -> None:
    """Readable by this user alone."""
    path = tmp_path / "sinks" / "lake.refused.ndjson"
    assert keep(path, Item(record(1), b"", 0, 1), "answered 422")
    assert keep(path, Item(record(2), b"", 0, 2), "answered 400")
    found = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert found == [record(1, refused="answered 422"), record(2, refused="answered 400")]
    assert path.stat().st_mode & 0o777 == 0o600


def test_there_is_an_end_to_it(tmp_path: Path) -> None:
    """Whole lines only, up to the limit."""
    path = tmp_path / "lake.refused.ndjson"
    kept = [keep(path, Item(record(number), b"", 0, 1), "no", most=1000) for number in range(20)]
    assert kept.count(True) == len(path.read_bytes().splitlines()) < 20
    assert path.stat().st_size <= 1000
