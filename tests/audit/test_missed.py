"""What could not be written is counted until an entry has told it."""

from __future__ import annotations

from pathlib import Path

from gateway.audit.missed import forget_missed, missed, note_missed


def test_it_is_counted_and_forgotten(tmp_path: Path) -> None:
    """The first time and the latest problem are kept."""
    path = tmp_path / "missed"
    assert missed(path) is None
    note_missed(path, "then", "full", "rollback")
    note_missed(path, "now", "still full", "set-weight")
    told = {"count": 2, "since": "then", "problem": "still full", "last": "set-weight"}
    assert missed(path) == told
    forget_missed(path)
    forget_missed(path)
    assert missed(path) is None
    path.write_text("not JSON")
    assert missed(path) is None
