"""`gateway init`: a folder to begin with, with a sample model where this installation can serve one."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.common import print_json, say
from gateway.cli.options import Json


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write; made where it is missing.")] = Path("."),
    without_model: Annotated[
        bool, typer.Option("--without-model", help="Route to services elsewhere; no sample model.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a commented routing.yaml and a sample model in two versions; never overwrites anything.

    Without the extra `serve`, or with --without-model, routing.yaml names services elsewhere instead.

    Example: gateway init weather && cd weather && gateway up
    """
    from gateway.extras import why_no_models
    from gateway.starter.folder import lay_out

    reason = None if without_model else why_no_models()
    with_model = not without_model and reason is None
    files = lay_out(folder, with_model=with_model)
    next_step = "gateway up" if folder == Path(".") else f"cd {shlex.quote(str(folder))} && gateway up"
    if as_json:
        document = {"folder": str(folder), "files": [str(file) for file in files], "next": next_step}
        print_json(document if reason is None else {**document, "no_model": reason})
    else:
        notes = [f"No sample model: {reason}"] if reason else []
        first = "" if with_model else "put the addresses of your services into routing.yaml, then: "
        say("\n".join([*(f"wrote {file}" for file in files), *notes, "", f"Now: {first}{next_step}"]))
