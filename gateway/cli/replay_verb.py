"""`gateway replay`: whether recorded verdicts and decisions come out the same when they are derived again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.common import print_json, say, state_of
from gateway.cli.options import CONFIG, Config, Json, StateDir
from gateway.routing.places import Places


def replay(
    journal: Annotated[
        Path | None, typer.Option(help="The journal.db to read; default: the gateway's.")
    ] = None,
    rollout: Annotated[int | None, typer.Option(min=1, help="Only this one, by its id.")] = None,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Derive every recorded verdict and decision again from its evidence, and compare bit for bit.

    The exit code is 1 where something comes out otherwise. The journal is not changed.

    Example: gateway replay --journal backup/journal.db
    """
    from gateway.cli.replayed import in_words, replayed

    path = journal or Places(state_of(state_dir, str(config))).journal
    found = replayed(path, rollout)
    if as_json:
        print_json({"journal": str(path), **asdict(found)})
    else:
        say("\n".join(in_words(found)))
    if found.differences:
        raise typer.Exit(1)
