"""The administrator's doors."""

from __future__ import annotations

from pathlib import Path

from benchmarks.admin import save


def test_a_save_replaces_the_file_at_once_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    """As editors do it: another inode under the same name."""
    file = tmp_path / "routing.yaml"
    file.write_text("old")
    before = file.stat().st_ino
    save(file, "new")
    assert file.read_text() == "new"
    assert file.stat().st_ino != before
    assert list(tmp_path.iterdir()) == [file]
