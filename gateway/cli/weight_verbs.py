"""The verbs that set weights by hand."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gateway.cli.common import WrongUsage, author, check_published, find_running, write_file
from gateway.cli.options import CONFIG, Config, Json, Reason, StateDir


def set_weight(
    shares: Annotated[list[str], typer.Argument(help="SERVICE=PERCENT, one or several.")],
    route: Annotated[str | None, typer.Option(help="Which route, where several have these services.")] = None,
    reason: Reason = "",
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Give services a share of the traffic in percent; the others keep their proportions.

    Example: gateway set-weight canary=25 --reason "looks good at 10"
    """
    from gateway.cli.render import tell_change
    from gateway.routing.change import Request, commit
    from gateway.routing.shares import set_shares

    running = find_running(state_dir, str(config))
    wanted = _shares(shares)
    request = Request("set-weight", author(), reason)
    plan, changed = commit(running.places, request, lambda head: set_shares(head, wanted, route))
    problem = write_file(running, plan.revision)
    check_published(running, plan.revision)
    tell_change(plan, changed, problem, as_json=as_json)


def _shares(words: list[str]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for word in words:
        name, sign, number = word.rpartition("=")
        try:
            value = float(number.removesuffix("%"))
        except ValueError:
            value = -1.0
        if not sign or not name or not 0 <= value <= 100:
            raise WrongUsage(
                f"{word}: write SERVICE=PERCENT with a percentage from 0 to 100, as in canary=25"
            )
        if name in shares:
            raise WrongUsage(f"{name} is named twice; give it one percentage")
        shares[name] = value
    return shares


def rollback() -> None:
    """Send everything to stable at once, or bring back an earlier revision with --to REV.

    Example: gateway rollback --reason "errors on canary"
    """
    # `gateway.cli.main` runs this verb itself, before typer is loaded; it stands here for --help.
    from gateway.cli.rollback import main

    raise typer.Exit(main(sys.argv[2:]))
