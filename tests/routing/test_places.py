"""Where the files are: found from the state directory, for this user alone, and never in a path too long."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.routing import places as module
from gateway.routing.places import prepare


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give each test a directory in memory of its own, as short as the real one."""
    directory = Path(tempfile.mkdtemp(prefix="t", dir="/dev/shm"))
    monkeypatch.setattr(module, "_MEMORY", directory)
    yield directory
    shutil.rmtree(directory)


def test_the_state_lies_on_the_disk_and_the_rest_in_memory(tmp_path: Path, memory: Path) -> None:
    """The journal and the locks are in the state directory; `run` leads to memory; both are private."""
    places = prepare(tmp_path / "deep" / "state")
    for path in (places.journal, places.change_lock, places.file_lock, places.up_lock):
        assert path.parent == places.state
    assert places.run.is_symlink()
    assert places.run.resolve().parent == memory
    for directory in (places.state, places.run):
        assert directory.stat().st_mode & 0o077 == 0
    for path in (places.plan, places.slot, places.processes, places.complaint, places.tally(3)):
        assert path.parent == places.run
    for path in (places.counts(3, 4), places.rates, places.hash_key):
        assert path.parent == places.run


def test_preparing_again_changes_nothing(tmp_path: Path) -> None:
    """A second start finds the same places, with what is in them."""
    prepare(tmp_path / "state").plan.write_text("kept")
    assert prepare(tmp_path / "state").plan.read_text() == "kept"


def test_after_a_reboot_the_directory_in_memory_is_made_again(tmp_path: Path) -> None:
    """The link is there and leads nowhere: that is mended."""
    places = prepare(tmp_path / "state")
    shutil.rmtree(places.run.resolve())
    prepare(tmp_path / "state").plan.write_text("works")


def test_a_copied_state_directory_does_not_share_the_memory_of_the_first(tmp_path: Path) -> None:
    """The link that was copied along is replaced by one of its own."""
    first = prepare(tmp_path / "one")
    shutil.copytree(first.state, tmp_path / "two", symlinks=True)
    second = prepare(tmp_path / "two")
    assert first.run.resolve() != second.run.resolve()


def test_without_memory_to_write_to_the_state_directory_holds_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: Path
) -> None:
    """`run` is then an ordinary directory; with memory again, it becomes a link."""
    monkeypatch.setattr(module, "_MEMORY", tmp_path / "nothing")
    places = prepare(tmp_path / "state")
    assert places.run.is_dir()
    assert not places.run.is_symlink()
    places.plan.write_text("left over")
    monkeypatch.setattr(module, "_MEMORY", memory)
    assert prepare(tmp_path / "state").run.is_symlink()
    monkeypatch.setattr(module, "_MEMORY", tmp_path / "nothing")
    assert not prepare(tmp_path / "state").run.is_symlink()


def test_somebody_elses_directory_in_memory_is_refused(tmp_path: Path) -> None:
    """What others may read, or a link planted there, is not used."""
    places = prepare(tmp_path / "state")
    target = places.run.resolve()
    target.chmod(0o755)
    with pytest.raises(GatewayError, match="not a directory of this user alone"):
        prepare(places.state)
    target.rmdir()
    target.symlink_to(tmp_path)
    with pytest.raises(GatewayError, match="remove it or choose another"):
        prepare(places.state)
    target.unlink()


def test_tallies_are_found_by_worker(tmp_path: Path) -> None:
    """Every worker's counters, and nothing else."""
    places = prepare(tmp_path / "state")
    for name in ("worker-1.tally", "worker-0.tally", "slot", "plan.json"):
        (places.run / name).touch()
    assert places.tallies() == [places.tally(0), places.tally(1)]


def test_what_workers_hold_is_found_by_worker_and_process(tmp_path: Path) -> None:
    """Two processes of one worker number have a file each; tallies and the rest are not among them."""
    places = prepare(tmp_path / "state")
    for path in (
        places.counts(1, 20),
        places.counts(0, 7),
        places.counts(1, 3),
        places.tally(1),
        places.rates,
    ):
        path.touch()
    assert places.all_counts() == sorted([places.counts(0, 7), places.counts(1, 20), places.counts(1, 3)])
    assert places.tallies() == [places.tally(1)]


def test_a_socket_for_each_service_model_and_replica(tmp_path: Path) -> None:
    """Another model of the same service, and names that only differ late, have sockets of their own."""
    places = prepare(tmp_path / "state")
    keys = [
        (s, m, n) for s in ("blue", "blue" * 15, "blue" * 15 + "x") for m in ("m/v1", "m/v2") for n in (0, 1)
    ]
    assert len({places.socket(*key) for key in keys}) == len(keys)


def test_a_socket_can_be_bound_however_long_the_names_are(tmp_path: Path) -> None:
    """The kernel takes 107 bytes of path: neither a deep folder nor the longest service name is too long."""
    places = prepare(tmp_path / ("folder-" * 12) / ("folder-" * 12) / ".gateway")
    path = places.socket("s" * 63, "model_versions/v1", 63)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    assert path.is_socket()
    os.unlink(path)
