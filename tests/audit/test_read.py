"""Entries are read newest first, by who, what and where."""

from __future__ import annotations

from pathlib import Path

from gateway.audit.folder import file_name
from gateway.audit.read import latest, newest_first
from gateway.audit.trail import Trail
from tests.audit.trails import event, written


def numbers(folder: Path, limit: int = 99, **wanted: object) -> list[int]:
    """Return the numbers of the entries found."""
    return [entry["n"] for entry in latest(folder, limit, **wanted)]  # type: ignore[arg-type]


def test_the_newest_come_first(tmp_path: Path) -> None:
    """Over files and blocks; a line that is no entry is left out."""
    folder = written(tmp_path, 400, file_bytes=100_000)
    assert [entry["n"] for entry in newest_first(folder)] == list(range(400, 0, -1))
    assert numbers(folder, 3) == [400, 399, 398]
    assert numbers(folder, 2, before=7) == [6, 5]
    with (folder / file_name(1)).open("ab") as file:
        file.write(b"junk\n")
    assert len(numbers(folder, 999)) == 400
    assert numbers(tmp_path / "none") == []


def test_they_are_found_by_what_they_say(tmp_path: Path) -> None:
    """A part of a name is enough."""
    folder = written(tmp_path, 6)
    Trail(folder).record(event(6, result="refused"))
    assert numbers(folder, who="ANN1") == [5, 2]
    assert numbers(folder, what="rollback") == []
    assert len(numbers(folder, what="set-weight", route="lat")) == 7
    assert numbers(folder, route="other") == []
