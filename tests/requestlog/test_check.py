"""Everything is read, and what cannot be is said."""

from __future__ import annotations

from pathlib import Path

from gateway.requestlog.catalog import visible
from gateway.requestlog.check import check_log
from gateway.requestlog.damage import CUT_OFF, WITHIN
from gateway.requestlog.places import LogPlaces
from tests.requestlog.lake_log import BEGIN, gap, record, sealed_segment, segment


def test_it_counts_what_is_there(tmp_path: Path) -> None:
    """Sealed, open and waiting; a log that does not exist has nothing."""
    places = LogPlaces(tmp_path / "log")
    assert check_log(places).records == 0
    sealed_segment(places, 0, [record(0), record(1), gap(5)])
    segment(places, 10, [record(10), b"{broken\n", gap(2), gap(1, "disk_full")])
    segment(places, 0, [record(0)], places.spool)
    found = check_log(places)
    day = found.days["2025-11-21"]
    assert (day.records, day.predictions, day.files) == (2, 2, 2)
    assert (found.records, found.unsealed, found.segments, found.unreadable) == (3, 1, 1, 1)
    assert found.gaps == {"ring_full": 7, "disk_full": 1}
    assert found.torn == {str(places.open / f"{(BEGIN + 10_000_000) * 1000:019d}.ndjson"): 1}
    assert found.waiting > 0
    assert found.size > day.size > 0
    assert found.broken == {}


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """Its footer may be whole: every column is read."""
    places = LogPlaces(tmp_path)
    sealed_segment(places, 0, [record(n, request_body=f"{n * 7919:x}" * 50) for n in range(500)])
    sealed_segment(places, 900, [record(900)])
    first, second = visible(places).of("requests")
    data = bytearray(first.path.read_bytes())
    data[200 : len(data) // 2] = b"\x00" * (len(data) // 2 - 200)
    first.path.write_bytes(data)
    second.path.write_bytes(b"")
    found = check_log(places)
    assert found.broken == {str(first.path): WITHIN, str(second.path): CUT_OFF}
