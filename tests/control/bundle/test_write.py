"""A bundle: parts that are made within a time, in one file."""

from __future__ import annotations

import errno
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.control.bundle import write as bundle
from gateway.control.bundle.parts import Source, source_of
from gateway.control.bundle.write import Part, gathered, readme, write
from gateway.errors import GatewayError
from gateway.routing.places import Places
from tests.waiting import BOUND


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """Where nothing was ever started."""
    return source_of(Places(tmp_path / "none"), tmp_path / "none.yaml", {})


def failing(error: Exception) -> Callable[[], str]:
    """Return a part that fails."""

    def make() -> str:
        raise error

    return make


def test_a_part_that_fails_says_why_and_no_more(source: Source) -> None:
    """Of a foreign error only its kind: what it says may hold anything."""
    known, foreign, missing = gathered(
        {
            "a": failing(GatewayError("no journal at https://x.example/PLANTED")),
            "b": failing(ValueError("PLANTED")),
            "c": failing(FileNotFoundError(2, "No such file", "PLANTED")),
        },
        source,
    )
    assert known.problem == "GatewayError: no journal at https://x.example/…"
    assert (foreign.problem, missing.problem) == ("ValueError", "FileNotFoundError: No such file")
    assert foreign.text == "b could not be made: ValueError\n"


def test_a_part_that_hangs_holds_up_nobody(source: Source) -> None:
    """It is told to be missing, and the others are there."""
    never = threading.Event()

    def hang() -> str:
        never.wait(BOUND)
        return "late"

    slow, quick = gathered({"slow": hang, "quick": lambda: "here"}, source, within=0.5)
    never.set()
    assert (slow.problem, quick.text) == ("it was not there in time", "here")


def test_a_part_is_bounded(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond is cut off, and that is said."""
    monkeypatch.setattr(bundle, "MOST_BYTES", 10)
    [part] = gathered({"a": lambda: "ä" * 10}, source)
    assert part.text == "äääää\n[cut]\n"
    assert "cut off" in part.problem


def test_the_file_is_its_owners_alone_and_replaces_none(tmp_path: Path) -> None:
    """It holds each part under its name."""
    out = tmp_path / "b.tar.gz"
    parts = [Part("a.json", "{}", 0.1), Part("b.txt", "ß", 0.2, "was late")]
    size = write([Part("README.txt", readme(parts, "now"), 0.0), *parts], out, "debug", 1.5e9)
    assert (out.stat().st_size, out.stat().st_mode & 0o777) == (size, 0o600)
    with tarfile.open(out) as archive:
        assert archive.getnames() == ["debug/README.txt", "debug/a.json", "debug/b.txt"]
        found = archive.extractfile("debug/README.txt")
        assert found is not None
        about = found.read().decode()
    assert "No user data" in about
    assert "was late" in about
    with pytest.raises(GatewayError, match=r"is there already; name another file with --out"):
        write(parts, out, "debug", 1.5e9)
    assert out.stat().st_size == size


@pytest.mark.parametrize("stopped", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_half_a_bundle_is_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: BaseException
) -> None:
    """It would be in the way of the next."""

    def stop(*_: object) -> None:
        raise stopped

    monkeypatch.setattr(tarfile.TarFile, "addfile", stop)
    with pytest.raises(type(stopped)):
        write([Part("a.json", "{}", 0.1)], tmp_path / "b.tar.gz", "debug", 1.5e9)
    assert not list(tmp_path.iterdir())
