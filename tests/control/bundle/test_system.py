"""What the kernel and the interpreter say."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gateway.control.bundle.system import listed, processes, sizes, system, versions
from gateway.routing.places import Places
from gateway.routing.run_directory import prepare


def test_processes_are_described_as_far_as_they_can_be(tmp_path: Path) -> None:
    """One that runs, one that is gone; no command line and no environment."""
    places = Places(tmp_path)
    places.run.mkdir()
    kept = {"role": "worker", "service": "", "number": 0, "restarts": 2}
    document = {"config": "c", "listen": "l", "admin": "a", "supervisor": os.getpid()}
    places.processes.write_text(json.dumps({**document, "processes": [{**kept, "pid": 2**22 + 5}]}))
    alive, gone = processes(places)
    assert alive["runs"]
    assert alive["open_files"] > 2
    assert alive["cpu_seconds"] > 0
    assert alive["VmRSS"].endswith("kB")
    assert int(alive["limits"]["Max open files"]) > 0
    assert (gone["runs"], gone["restarts"]) == (False, 2)
    assert "pytest" not in json.dumps([alive, gone])


def test_without_a_gateway_there_are_no_processes(tmp_path: Path) -> None:
    """But the machine is there."""
    assert processes(Places(tmp_path)) == []
    found = system(Places(tmp_path))
    assert found["cpus"] >= 1
    assert found["disks"]["state"]["free"] > 0
    assert found["disks"]["memory"] == "unknown: No such file or directory"
    assert "+00:00" in found["clock"]["utc"]


def test_versions_are_those_of_what_runs() -> None:
    """The packages with their versions."""
    found = versions()
    assert found["packages"]["duckdb"]
    assert found["python"].startswith("3.")


def test_sizes_name_folders_and_no_files(tmp_path: Path) -> None:
    """How much lies where."""
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "x.ndjson").write_bytes(bytes(100))
    assert sizes(tmp_path) == {".": {"files": 0, "bytes": 0}, "open": {"files": 1, "bytes": 100}}
    assert sizes(tmp_path / "none") == {}


def test_a_listing_has_no_content(tmp_path: Path) -> None:
    """Names, sizes, rights and times."""
    places = prepare(tmp_path / "state")
    (places.state / "journal.db").write_bytes(bytes(7))
    [journal, run] = listed(places.state)
    assert (journal["name"], journal["bytes"], run["name"]) == ("journal.db", 7, "run")
    places.run.resolve().rmdir()
    assert listed(places.run.resolve()) == []


def test_a_file_that_vanishes_while_it_is_looked_at_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is closed takes files beside it away; the rest is listed, and a folder may go too."""
    for name in ("journal.db", "journal.db-wal"):
        (tmp_path / name).touch()

    def listing(folder: Path) -> list[Path]:
        found = [folder / name for name in os.listdir(folder)]
        (folder / "journal.db-wal").unlink(missing_ok=True)
        return found

    monkeypatch.setattr(Path, "iterdir", listing)
    assert [file["name"] for file in listed(tmp_path)] == ["journal.db"]
    assert listed(tmp_path / "gone") == []
