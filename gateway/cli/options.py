"""The options that several verbs have, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.common import DEFAULT_CONFIG, Running
from gateway.errors import GatewayError

StateDir = Annotated[
    str | None,
    typer.Option(help="Where its state is kept (default: .gateway beside routing.yaml)."),
]
Config = Annotated[Path, typer.Option(help="The routing.yaml to serve.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
AdminWithoutTls = Annotated[
    bool, typer.Option("--admin-without-tls", help="Something before the admin side ends TLS.")
]
AdminWithoutAuth = Annotated[
    bool, typer.Option("--admin-without-auth", help="Whoever can reach the admin side is an admin.")
]
Reason = Annotated[str, typer.Option(help="Why; kept in the history.")]
CONFIG = Path(DEFAULT_CONFIG)


def must_be_up(running: Running) -> Running:
    """Return a gateway that runs; raises GatewayError where it does not."""
    if not running.is_up:
        raise GatewayError(
            f"no gateway is running with the state directory {running.places.state}; "
            "start it with `gateway up`"
        )
    return running
