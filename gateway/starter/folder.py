"""Lays out a new folder: all of it or nothing, and never over what is there.

With models it can be started as it stands. Without, for a gateway that serves none itself, routing.yaml names
two services elsewhere, and their addresses are for its reader to fill in.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from gateway.errors import GatewayError
from gateway.files import replace_file

ROUTING = "routing.yaml"
ELSEWHERE = "elsewhere.yaml"
MODELS = "model_versions"


def lay_out(folder: Path, *, with_model: bool = True) -> list[Path]:
    """Write routing.yaml and the sample model into a folder, made where it is missing; return the files.

    Raises GatewayError where something of that name is there already, OSError where writing fails.
    """
    names = (ROUTING, MODELS) if with_model else (ROUTING,)
    there = [name for name in names if os.path.lexists(folder / name)]
    if there:
        raise GatewayError(
            f"{folder.absolute()} has {' and '.join(there)} already, and nothing was changed; "
            "name another folder, or move what is there away"
        )
    folder.mkdir(parents=True, exist_ok=True)
    if with_model:
        _make_models(folder)
    # last, because it is what says that the folder is complete
    replace_file(
        folder / ROUTING, Path(__file__).with_name(ROUTING if with_model else ELSEWHERE).read_bytes()
    )
    models = sorted(path for path in (folder / MODELS).rglob("*") if path.is_file()) if with_model else []
    return [folder / ROUTING, *models]


def _make_models(folder: Path) -> None:
    from gateway.starter.sample import VERSIONS, made

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
