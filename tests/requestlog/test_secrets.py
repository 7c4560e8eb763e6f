"""The secrets of one request log."""

from __future__ import annotations

import multiprocessing
import os
import re
import stat
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.requestlog.encryption import EncryptionTrouble
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import LogSettings
from gateway.requestlog.secrets import Secrets


def load(folder: Path, key: str = "") -> Secrets:
    return Secrets.load(LogPlaces(folder / "log"), LogSettings(encryption_key=key), folder)


def test_pseudonyms_are_stable_and_keyed(tmp_path: Path) -> None:
    """One log gives one user one pseudonym for ever; another log another one."""
    one = load(tmp_path / "a").pseudonym(b"user-1")
    assert re.fullmatch("p_[0-9a-f]{24}", one)
    assert load(tmp_path / "a").pseudonym(b"user-1") == one
    assert load(tmp_path / "a").pseudonym(b"user-2") != one
    assert load(tmp_path / "b").pseudonym(b"user-1") != one


def test_pseudonyms_of_values(tmp_path: Path) -> None:
    """A number, the same number as text and the same text in a header are one user."""
    secrets = load(tmp_path)
    assert {secrets.pseudonym_of(value) for value in (7, 7.0, "7")} == {secrets.pseudonym(b"7")}
    assert secrets.pseudonym_of(7.5) == secrets.pseudonym(b"7.5")
    assert secrets.pseudonym_of(True) == secrets.pseudonym(b"true")


def test_the_key_is_for_this_user_alone(tmp_path: Path) -> None:
    """The key's file is readable by its owner only, and no draft of it is left."""
    before = os.umask(0)
    try:
        load(tmp_path)
    finally:
        os.umask(before)
    [file] = (tmp_path / "log").iterdir()
    assert file == LogPlaces(tmp_path / "log").pseudonym_key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_bytes()) == 32


def _pseudonym(folder: Path, start: object, found: object) -> None:
    start.wait()  # type: ignore[attr-defined]
    found.put(load(folder).pseudonym(b"x"))  # type: ignore[attr-defined]


def test_processes_that_make_it_at_once_agree(tmp_path: Path) -> None:
    """Whoever is first makes the key; all others use it."""
    context = multiprocessing.get_context("fork")
    for round_ in range(5):
        start, found = context.Barrier(6), context.Queue()
        folder = tmp_path / str(round_)
        processes = [context.Process(target=_pseudonym, args=(folder, start, found)) for _ in range(6)]
        for process in processes:
            process.start()
        assert len({found.get(timeout=60) for _ in processes}) == 1
        for process in processes:
            process.join(60)
        assert [path.name for path in (folder / "log").iterdir()] == ["pseudonym.key"]


def test_a_broken_key_is_not_replaced(tmp_path: Path) -> None:
    """A key of another length is an error, not a reason to make a new one: pseudonyms would change."""
    path = LogPlaces(tmp_path / "log").pseudonym_key
    path.parent.mkdir()
    path.write_bytes(b"short")
    with pytest.raises(GatewayError, match="5 bytes instead of 32"):
        load(tmp_path)
    assert path.read_bytes() == b"short"
    path.unlink()
    path.mkdir()
    with pytest.raises(GatewayError, match="cannot be had"):
        load(tmp_path)


def test_encryption_with_a_key(tmp_path: Path) -> None:
    """With a key there is no trouble, and what was encrypted can be read after a restart."""
    (tmp_path / "log.key").write_text("00" * 32)
    secrets = load(tmp_path, "log.key")
    assert secrets.can_encrypt()
    assert secrets.trouble == ""
    assert load(tmp_path, "log.key").decrypt(secrets.encrypt("x", "age"), "age") == "x"


def test_encryption_without_a_key(tmp_path: Path) -> None:
    """Without a key nothing is encrypted, and `trouble` says why as soon as somebody wanted to."""
    secrets = load(tmp_path)
    assert secrets.trouble == ""
    assert not secrets.can_encrypt()
    assert "there is no key" in secrets.trouble
    with pytest.raises(EncryptionTrouble, match="there is no key"):
        secrets.encrypt("x")


def test_a_key_that_comes_later(tmp_path: Path) -> None:
    """Once the key is there, encryption works and the trouble is over."""
    secrets = load(tmp_path, "log.key")
    assert not secrets.can_encrypt()
    assert "log.key" in secrets.trouble
    (tmp_path / "log.key").write_text("00" * 32)
    assert secrets.can_encrypt()
    assert secrets.trouble == ""
