"""The directory in memory: for this user alone, made again when it is lost, and not shared by mistake."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.routing import run_directory
from gateway.routing.run_directory import prepare


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give each test a directory in memory of its own, as short as the real one."""
    directory = Path(tempfile.mkdtemp(prefix="t", dir="/dev/shm"))
    monkeypatch.setattr(run_directory, "_MEMORY", directory)
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
    again = prepare(tmp_path / "state")
    again.plan.write_text("works")
    assert again.run.is_symlink()
    assert (again.run.resolve() / again.plan.name).read_text() == "works"


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
    monkeypatch.setattr(run_directory, "_MEMORY", tmp_path / "nothing")
    places = prepare(tmp_path / "state")
    assert places.run.is_dir()
    assert not places.run.is_symlink()
    places.plan.write_text("left over")
    monkeypatch.setattr(run_directory, "_MEMORY", memory)
    assert prepare(tmp_path / "state").run.is_symlink()
    monkeypatch.setattr(run_directory, "_MEMORY", tmp_path / "nothing")
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
