"""The samples on disk: read as they were written, and never many."""

from __future__ import annotations

from pathlib import Path

from gateway.control.pages.recent_file import HistoryFile, file_of
from gateway.routing.places import Places


def places(folder: Path) -> Places:
    """A gateway's files."""
    (folder / "run").mkdir()
    return Places(folder)


def test_what_was_noted_is_read(tmp_path: Path) -> None:
    """What is not known stays so; a line that a killed process left half is passed over."""
    found = places(tmp_path)
    file = HistoryFile(found, 10, 5.0)
    assert file.read(100.0) == []
    points = {("late", "blue"): (1.5, None), ("late", "canary"): (None, 2.0)}
    file.note(95.0, points)
    with file_of(found).open("ab") as broken:
        broken.write(b"[100.0, [[")
    assert file.read(100.0) == [(95.0, points)]


def test_it_stays_small(tmp_path: Path) -> None:
    """However long it runs, it holds twice what is kept at most; the last are there."""
    found = places(tmp_path)
    file = HistoryFile(found, 4, 5.0)
    for n in range(50):
        file.note(n * 5.0, {})
        assert len(file_of(found).read_bytes().splitlines()) <= 8
    assert [at for at, _ in file.read(246.0)] == [230.0, 235.0, 240.0, 245.0]
