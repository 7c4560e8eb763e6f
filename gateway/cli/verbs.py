"""All verbs but the hurried one, as typer commands, in the order in which `--help` lists them."""

from __future__ import annotations

import sqlite3
from typing import Annotated

import typer

from gateway import __version__
from gateway.cli import (
    alert_verbs,
    audit_verbs,
    bundle_verb,
    init_verb,
    key_verbs,
    label_verbs,
    log_verbs,
    look_verbs,
    plan_verb,
    process_verbs,
    query_verb,
    replay_verb,
    rollout_verbs,
    switch_verb,
    token_verbs,
    weight_verbs,
    whatif_verb,
)
from gateway.cli.common import fail, trouble
from gateway.cli.following import until_interrupted
from gateway.errors import GatewayError

app = typer.Typer(
    name="gateway",
    help="Split traffic between model versions, roll a new one out gradually, take it back in milliseconds.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

VERBS = (
    init_verb.init,
    process_verbs.up,
    process_verbs.serve,
    look_verbs.check,
    look_verbs.status,
    process_verbs.reload,
    plan_verb.plan,
    rollout_verbs.rollout,
    rollout_verbs.pause,
    rollout_verbs.resume,
    rollout_verbs.promote,
    rollout_verbs.abort,
    switch_verb.switch,
    weight_verbs.set_weight,
    weight_verbs.rollback,
    look_verbs.history,
    replay_verb.replay,
    look_verbs.explain,
    query_verb.query,
    alert_verbs.monitor,
    whatif_verb.whatif,
)
GROUPS = {
    "labels": label_verbs.app,
    "log": log_verbs.app,
    "alerts": alert_verbs.app,
    "token": token_verbs.app,
    "audit": audit_verbs.app,
    "key": key_verbs.app,
    "debug": bundle_verb.app,
}
"""Verbs that have verbs of their own."""


def _version(asked: bool) -> None:
    if asked:
        print(f"gateway {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Split traffic between model versions, roll a new one out gradually, take it back in milliseconds."""


for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name)
for _verb in VERBS:
    app.command(_verb.__name__.replace("_", "-"))(_verb)


def run(arguments: list[str]) -> int:
    """Run a verb and turn its errors into messages; return the exit code. KeyboardInterrupt is Ctrl-C."""
    rest = query_verb.with_comment_last(arguments)
    try:
        with until_interrupted():
            result = app(args=rest, prog_name="gateway", standalone_mode=False)
    except GatewayError as error:
        return fail(error, as_json="--json" in arguments)
    except BrokenPipeError:  # `gateway status | head`: the reader has had enough
        return 0
    except (OSError, sqlite3.Error) as error:
        return fail(trouble(error), as_json="--json" in arguments)
    except typer.Abort:
        return 1
    except typer.Exit as stop:
        return stop.exit_code
    except Exception as error:
        shown = getattr(error, "show", None)  # click's own errors: wrong usage
        if shown is None:
            raise
        shown()
        return 2
    return result if isinstance(result, int) else 0
