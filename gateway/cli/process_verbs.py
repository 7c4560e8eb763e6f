"""The verbs about processes: start, serve one model on its own, replace by fresh ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.common import author, find_running, print_json, state_of
from gateway.cli.options import CONFIG, AdminWithoutAuth, AdminWithoutTls, Config, Json, StateDir, must_be_up


def up(
    config: Config = CONFIG,
    listen: Annotated[str, typer.Option(help="host:port for requests; overrides routing.yaml.")] = "",
    admin: Annotated[str, typer.Option(help="host:port for the admin API; overrides routing.yaml.")] = "",
    state_dir: StateDir = None,
    workers: Annotated[int, typer.Option(min=0, help="Worker processes; 0 means one per core.")] = 0,
    admin_without_tls: AdminWithoutTls = False,
    admin_without_auth: AdminWithoutAuth = False,
    as_json: Json = False,
) -> None:
    """Start the gateway in the foreground; Ctrl-C drains it.

    Example: gateway up --config routing.yaml
    """
    from gateway.assemble.options import UpOptions
    from gateway.assemble.up import up
    from gateway.cli.render import ready, welcome
    from gateway.control.access.listening import WITHOUT_AUTH, WITHOUT_TLS

    flags = {WITHOUT_TLS: admin_without_tls, WITHOUT_AUTH: admin_without_auth}
    without = tuple(flag for flag, is_told in flags.items() if is_told)
    options = UpOptions(config, state_of(state_dir, str(config)), listen, admin, workers, without, author())
    up(options, lambda running: print(ready(running) if as_json else welcome(running), flush=True))


def serve(
    folder: Annotated[Path, typer.Argument(help="A model version: model.yaml and its artefact.")],
    listen: Annotated[str, typer.Option(help="host:port or unix:/path.")] = "127.0.0.1:9001",
) -> None:
    """Serve one model version on its own, without the gateway.

    Example: gateway serve model_versions/v2 --listen 127.0.0.1:9002
    """
    from gateway.serving.service import serve

    serve(folder, listen)


def reload(
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Replace the workers and the control process by fresh ones, without losing a request.

    They run the code, certificates, listeners and settings as they are now. Connections go on in the old
    workers until they end, or the drain period does. If a new process does not become ready nothing is
    replaced. Replicas and the supervisor go on as they are. `kill -HUP` to the supervisor does the same.

    Example: gateway reload
    """
    from gateway.cli.reload import as_document, in_words, reload

    found = reload(must_be_up(find_running(state_dir, str(config))))
    if as_json:
        print_json(as_document(found))
    else:
        print(in_words(found))
        if found.complaint:
            print(f"warning: {found.warning}", file=sys.stderr)
    if found.was_not_taken:
        raise typer.Exit(1)
