"""The administrator's doors."""

from __future__ import annotations

from pathlib import Path

from benchmarks.admin import complaint, save


def test_a_failed_commands_reason_is_found_in_json_and_in_text() -> None:
    """The reader sees the sentence, not the last brace."""
    assert complaint('{\n  "error": "no gateway here"\n}\n', "") == "no gateway here"
    assert complaint("", "Traceback\nKeyError: 'late'\n") == "KeyError: 'late'"


def test_a_save_replaces_the_file_at_once_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    """As editors do it: another inode under the same name."""
    file = tmp_path / "routing.yaml"
    file.write_text("old")
    before = file.stat().st_ino
    save(file, "new")
    assert file.read_text() == "new"
    assert file.stat().st_ino != before
    assert list(tmp_path.iterdir()) == [file]
