"""`gateway init`: a folder to begin with, in which `gateway up` works at once."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.common import print_json, say
from gateway.cli.options import Json


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write; made where it is missing.")] = Path("."),
    as_json: Json = False,
) -> None:
    """Write a commented routing.yaml and a sample model in two versions; never overwrites anything.

    Example: gateway init weather && cd weather && gateway up
    """
    from gateway.starter.folder import lay_out

    files = lay_out(folder)
    next_step = "gateway up" if folder == Path(".") else f"cd {shlex.quote(str(folder))} && gateway up"
    if as_json:
        print_json({"folder": str(folder), "files": [str(file) for file in files], "next": next_step})
    else:
        say("\n".join([*(f"wrote {file}" for file in files), "", f"Now: {next_step}"]))
