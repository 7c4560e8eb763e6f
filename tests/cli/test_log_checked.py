"""What a check found, told."""

from __future__ import annotations

from gateway.cli.log_checked import as_document, in_words
from gateway.requestlog.check import Checked, Day
from gateway.requestlog.damage import CUT_OFF, remedy


def test_all_is_well() -> None:
    """A line for each day."""
    found = Checked(days={"2025-11-21": Day(1200, 1100, 2, 4096)}, segments=1, unsealed=3, size=5000)
    assert in_words(found) == [
        "1,203 records in 4.9 KiB; 3 of them in 1 segment not sealed yet",
        "  2025-11-21         1,200 records         1,100 predictions     2 files     4.0 KiB",
        "everything can be read",
    ]
    assert as_document(found)["records"] == 1203
    assert as_document(found)["days"]["2025-11-21"]["size"] == 4096


def test_what_is_not_as_it_should_be() -> None:
    """Each kind has its line; then not everything can be read."""
    found = Checked(
        unreadable=1,
        waiting=10,
        stale=2,
        gaps={"ring_full": 1000},
        broken={"a.parquet": CUT_OFF, "b.parquet": "no"},
        torn={"b.ndjson": 1},
    )
    assert in_words(found)[1:] == [
        "never written: 1,000 records, ring_full",
        "10 B are waiting for sinks",
        "to be removed: 2 files that others replace",
        "unreadable: 1 line of b.ndjson; nothing is to be done, sealing makes a gap of them",
        f"a.parquet cannot be read: {CUT_OFF}; all else works without it; {remedy('a.parquet')}",
        "b.parquet cannot be read: no; run this as the user that the gateway runs as",
    ]
