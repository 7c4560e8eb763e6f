"""routing.yaml on the disk: read whole, replaced in one step, its owner, permissions and link kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.errors import ConfigError, GatewayError
from gateway.routing.file import read_plan, read_text, signature, write_text

SMALLEST = "services:\n  blue: {model: models/v1}\nweights: {blue: 1}\n"


def test_text_is_read_as_it_is(tmp_path: Path) -> None:
    """Line ends and characters beyond ASCII come through."""
    path = tmp_path / "routing.yaml"
    path.write_bytes("# größer\r\nweights: {}\n".encode())
    assert read_text(path) == "# größer\r\nweights: {}\n"


def test_what_cannot_be_read_is_said_with_what_to_do(tmp_path: Path) -> None:
    """No file, a folder, not text: each is a message that names the file."""
    path = tmp_path / "routing.yaml"
    with pytest.raises(GatewayError, match=r"routing\.yaml: there is no such file"):
        read_text(path)
    with pytest.raises(GatewayError, match="cannot be read: Is a directory"):
        read_text(tmp_path)
    path.write_bytes(b"ab\xff")
    with pytest.raises(GatewayError, match=r"not UTF-8 text \(byte 2\)"):
        read_text(path)


def test_a_file_is_replaced_with_its_permissions(tmp_path: Path) -> None:
    """The text is new, the mode is the old one, and no temporary file stays."""
    path = tmp_path / "routing.yaml"
    path.write_text("old")
    path.chmod(0o640)
    write_text(path, "new\r\n")
    assert path.read_bytes() == b"new\r\n"
    assert path.stat().st_mode & 0o7777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_stays_its_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes it (an administrator, say), the file is handed to the user who owned it before."""
    path = tmp_path / "routing.yaml"
    path.write_text("old")
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _fd, user, group: given.append((user, group)))
    write_text(path, "new")
    assert given == [(path.stat().st_uid, path.stat().st_gid)]


def test_a_file_that_cannot_be_handed_over_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user who may write the folder but not give files away still gets the new text in."""

    def refuse(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    path = tmp_path / "routing.yaml"
    path.write_text("old")
    monkeypatch.setattr(os, "fchown", refuse)
    write_text(path, "new")
    assert path.read_text() == "new"


def test_a_link_is_followed(tmp_path: Path) -> None:
    """The file behind a link is replaced; the link stays a link."""
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "routing.yaml", tmp_path / "routing.yaml"
    real.write_text("old")
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_what_was_written_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content is synchronised before the name is given to it, and the folder after that."""
    path = tmp_path / "routing.yaml"
    path.write_text("old")
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace

    def watched_sync(fd: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{fd}") else "content")
        sync(fd)

    def watched_replace(self: Path, target: Path) -> Path:
        steps.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    write_text(path, "new")
    assert steps == ["content", "name", "folder"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is an OSError; the old text stands and nothing is left lying about."""
    path = tmp_path / "routing.yaml"
    path.write_text("old")

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_may_not_be_written_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write-protected file is somebody's wish, even where the folder would allow to replace it."""
    path = tmp_path / "routing.yaml"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError):
        write_text(path, "new")
    assert path.read_text() == "old"


def test_the_signature_tells_saves_apart(tmp_path: Path) -> None:
    """It changes when the text is written or the file replaced, and is None without a file."""
    path = tmp_path / "routing.yaml"
    assert signature(path) is None
    path.write_text("one")
    first = signature(path)
    assert first == signature(path)
    write_text(path, "two")
    assert signature(path) != first


def test_models_are_looked_for_beside_the_file(tmp_path: Path) -> None:
    """A folder with a model.yaml is a model version; anything else is told with its path."""
    path = tmp_path / "routing.yaml"
    with pytest.raises(ConfigError, match="there is no folder"):
        read_plan(SMALLEST, path)
    (tmp_path / "models" / "v1").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"has no model\.yaml"):
        read_plan(SMALLEST, path)
    (tmp_path / "models" / "v1" / "model.yaml").touch()
    plan = read_plan(SMALLEST, path)
    assert (plan.services[0].model, plan.routes[0].path) == ("models/v1", "/")


def test_certificates_are_looked_for_beside_the_file(tmp_path: Path, certs: Path) -> None:
    """A wrong file is told with its line and column before anything is changed; the right one is a plan."""
    path = tmp_path / "routing.yaml"
    (tmp_path / "pem").symlink_to(certs)
    service = "services:\n  blue: {url: https://models, tls: {ca: pem/gone.pem}}\nweights: {blue: 1}\n"
    text = "tls: {listen: 127.0.0.1:8443, cert: pem/site.pem, key: pem/other.key}\n" + service
    with pytest.raises(
        ConfigError, match=r"(?s)gone\.pem`: there is no file .*gone\.key`: there is no file "
    ):
        read_plan(text.replace("site.pem", "gone.pem").replace("other.key", "gone.key"), path)
    with pytest.raises(ConfigError) as caught:
        read_plan(text, path)
    key, ca = map(str, caught.value.problems)
    assert key == "1:56: `key` cannot be `pem/other.key`: it is not the key of `pem/site.pem`"
    assert ca == f"3:41: `ca` cannot be `pem/gone.pem`: there is no file {tmp_path / 'pem/gone.pem'}"
    plan = read_plan(text.replace("other", "site").replace("gone", "rsa"), path)
    assert plan.tls is not None
    assert plan.services[0].traffic.tls is not None
