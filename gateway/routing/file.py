"""routing.yaml on the disk: read it, write it whole, tell whether it changed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from gateway.errors import GatewayError
from gateway.extras import why_no_models
from gateway.files import sync
from gateway.routing.plan import RoutingPlan

Signature = tuple[int, int, int]
"""What changes when a file is saved: its inode, size and modification time."""


class SavedMeanwhile(GatewayError):
    """Somebody else saved the file between reading and writing it; nothing was written."""


def read_text(path: Path) -> str:
    """Return the file's text, line ends untouched; raises GatewayError where it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise GatewayError(f"{path}: there is no such file") from None
    except UnicodeDecodeError as error:
        raise GatewayError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise GatewayError(f"{path}: cannot be read: {error.strerror}") from error


def write_text(path: Path, text: str, *, unless_changed_since: Signature | None = None) -> None:
    """Replace the file in one step, keeping its owner and permissions; a link is followed, not replaced.

    Raises OSError where the folder or the file cannot be written.
    """
    target = path.resolve()
    before = target.stat()
    if not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied", str(target))
    fd, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(text.encode("utf-8"))
            _hand_over(fd, before)
            file.flush()
            os.fsync(fd)
        if unless_changed_since is not None and signature(path) != unless_changed_since:
            raise SavedMeanwhile(f"{path} was saved by somebody else at this very moment")
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync(target.parent)  # the journal is about to say that it is written


def _hand_over(fd: int, before: os.stat_result) -> None:
    """Give a new file the owner and the permissions of the one it replaces."""
    try:
        os.fchown(fd, before.st_uid, before.st_gid)
    except PermissionError:
        pass  # only root may give files away; the text matters more
    os.fchmod(fd, before.st_mode & 0o7777)


def signature(path: Path) -> Signature | None:
    """Return what tells one save from the next, or None while there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def read_plan(text: str, path: Path) -> RoutingPlan:
    """Parse the text of `path`; the files that it names are looked for beside it. Raises ConfigError."""
    from gateway.routing.certificates import checks
    from gateway.routing.key_files import key_checks
    from gateway.routing.parse import parse  # here, so that `rollback` loads no YAML before it published
    from gateway.routing.zones import why_no_zone

    folder = path.parent
    return parse(
        text,
        file=path.name,
        model_exists=lambda model: _why_no_model(folder / model),
        pem=checks(folder),
        zone_exists=why_no_zone,
        keys=key_checks(folder),
    )


def _why_no_model(folder: Path) -> str | None:
    if (folder / "model.yaml").is_file():
        reason = why_no_models()
        return f"{reason}, or serve it elsewhere and name its `url`" if reason else None
    if folder.is_dir():
        return f"{folder} has no model.yaml, so it is not a model version"
    return f"there is no folder {folder}"
