"""Lays out a new folder: all of it or nothing, and never over what is there."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from gateway.errors import GatewayError
from gateway.files import replace_file

ROUTING = "routing.yaml"
MODELS = "model_versions"


def lay_out(folder: Path) -> list[Path]:
    """Write routing.yaml and the sample model into a folder, made where it is missing; return the files.

    Raises GatewayError where something of that name is there already, OSError where writing fails.
    """
    there = [name for name in (ROUTING, MODELS) if os.path.lexists(folder / name)]
    if there:
        raise GatewayError(
            f"{folder.absolute()} has {' and '.join(there)} already, and nothing was changed; "
            "name another folder, or move what is there away"
        )
    from gateway.starter.sample import VERSIONS, made

    folder.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{MODELS}.", dir=folder))
    try:
        for one in VERSIONS:
            (making / one.name).mkdir()
            for name, content in made(one).items():
                (making / one.name / name).write_bytes(content)
        making.chmod(0o755)  # others may read it, unlike what mkdtemp makes
        making.rename(folder / MODELS)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    # last, because it is what says that the folder is complete
    replace_file(folder / ROUTING, Path(__file__).with_name(ROUTING).read_bytes())
    return [folder / ROUTING, *sorted(path for path in (folder / MODELS).rglob("*") if path.is_file())]
