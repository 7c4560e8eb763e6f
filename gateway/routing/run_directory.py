"""Makes and removes `run`, the place of what lives only as long as the processes do.

It is a link to a directory in memory, where there is some to write to: a disk that stalls must never stall a
worker.
"""

from __future__ import annotations

import os
import shutil
import stat
from hashlib import blake2b
from pathlib import Path

from gateway.errors import GatewayError
from gateway.routing.places import Places

_MEMORY = Path("/dev/shm")  # noqa: S108 - the directory made in it is checked to be ours alone


def prepare(state: Path) -> Places:
    """Make the state directory and its directory in memory, both for this user alone."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    run = state / "run"
    target = _memory_directory(state)
    if target is None:
        if run.is_symlink():
            run.unlink()
        run.mkdir(exist_ok=True, mode=0o700)
    elif not run.is_symlink() or Path(os.readlink(run)) != target:
        if run.is_symlink():
            run.unlink()
        elif run.is_dir():
            shutil.rmtree(run)  # from a time without such memory
        run.symlink_to(target)
    return Places(state)


def remove_run(places: Places) -> None:
    """Remove what lives only as long as the processes do."""
    target = places.run.resolve()
    if target.is_dir():
        shutil.rmtree(target)
    if places.run.is_symlink():
        places.run.unlink()


def _memory_directory(state: Path) -> Path | None:
    if not os.access(_MEMORY, os.W_OK):
        return None
    digest = blake2b(os.fsencode(state.resolve()), digest_size=6).hexdigest()
    directory = _MEMORY / f"gateway-{os.getuid()}-{digest}"
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise GatewayError(
                f"{directory} is not a directory of this user alone, so nothing secret may be kept there; "
                "remove it or choose another --state-dir"
            ) from None
    return directory
