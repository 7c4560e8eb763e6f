"""`gateway log`: see records as they come, erase a user's, and check that every file can be read."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.common import Running, author, find_running, print_json, say
from gateway.cli.options import CONFIG, Config, Json, StateDir
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.cli.following import Following
    from gateway.cli.tail_filter import Condition

app = typer.Typer(help="The request log: follow it, check it, erase a user's records.", no_args_is_help=True)
_ERASED = {"records": "record", "predictions": "sealed prediction", "labels": "label"}
_REWRITTEN = "written anew: files {files}, segments {segments}"
POLL = 0.1
"""Seconds between two looks for new records."""


@app.callback()
def _log() -> None:
    """The request log: follow it, check it, erase a user's records."""


@app.command()
def tail(
    route: Annotated[str, typer.Option(help="Only this route's.")] = "",
    version: Annotated[str, typer.Option(help="Only those that this version answered.")] = "",
    status: Annotated[str, typer.Option(help="Only these, as in 503 or 5xx.")] = "",
    where: Annotated[list[str] | None, typer.Option(help="As in latency_ms > 250.")] = None,
    count: Annotated[int, typer.Option("-n", min=0, help="So many of the last ones first.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new ones as they come.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on each line.")] = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Show the last records, and with --follow each new one within a moment of its answer.

    --where takes comparisons of a field with a value, joined by AND; inputs and outputs have names such as
    inputs.carrier. It may be given several times. A user is found by key = user-4711, as requests carry it.

    Example: gateway log tail --status 5xx --where "latency_ms > 250" --follow
    """
    from gateway.cli.following import until_interrupted

    with until_interrupted() as following:
        running = find_running(state_dir, str(config))
        wanted = _wanted(running, route, version, status, where or [])
        _show(running, wanted, count, following if follow else None, as_json=as_json)


def _show(
    running: Running, wanted: list[Condition], count: int, following: Following | None, *, as_json: bool
) -> None:
    """Print the last records, then new ones as long as `following`."""
    from gateway.cli.tail_lines import last_records, line_of
    from gateway.requestlog.follow import Follower

    with closing(Follower(running.places.log)) as follower:
        shown = last_records(running, wanted, count) if count else []
        for record in shown:
            say(line_of(record, as_json=as_json))
        seen = {record["id"] for record in shown}  # may be read again, once
        while following is not None:
            for record in follower.records():
                if record["id"] not in seen and all(condition.holds(record) for condition in wanted):
                    print(line_of(record, as_json=as_json), flush=True)
            following.pause(POLL)


def _wanted(running: Running, route: str, version: str, status: str, where: list[str]) -> list[Condition]:
    from gateway.cli.lake_access import plan_of
    from gateway.cli.tail_filter import check_names, conditions, with_pseudonyms

    wanted = conditions(route, version, status, where)
    plan = plan_of(running) if route or version else None
    if plan is not None:
        check_names(plan, route, version)
    return with_pseudonyms(wanted, lambda key: _pseudonym(running, key))


@app.command()
def forget(
    key: Annotated[str, typer.Option(help="The user's sticky key, as requests carry it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Erase one user's records and their labels from every file, for good.

    What sinks have sent elsewhere stays there. Requests that are answered from now on are logged again.
    The exit code is 1 where a file cannot be read, which may still hold some.

    Example: gateway log forget --key user-4711
    """
    from gateway.routing.audited import note

    running = find_running(state_dir, str(config))
    if not yes:
        typer.confirm(
            f"Erase every record of {key!r} from {running.places.log.folder}?", abort=True, err=True
        )
    found = _forgotten(running, key)
    note(running.places, "forget", author(), after={"pseudonym": found["pseudonym"]})
    if as_json:
        print_json(found)
    else:
        say(_erased(found))
    if found["unreadable"]:
        _say_what_is_left(found["unreadable"])


def _erased(found: Mapping[str, Any]) -> str:
    from gateway.cli.log_checked import many

    erased = [many(found[what], name) for what, name in _ERASED.items()]
    return f"erased {', '.join(erased)}; {_REWRITTEN.format(**found)}"


def _say_what_is_left(files: tuple[str, ...]) -> None:
    from gateway.requestlog.damage import unreadable

    print(unreadable(files), file=sys.stderr)
    print("it may still hold records of this user: mend that, and do this again", file=sys.stderr)
    raise typer.Exit(1)


def _forgotten(running: Running, key: str) -> dict[str, Any]:
    from dataclasses import asdict
    from functools import partial

    from gateway.requestlog.forget import forget
    from gateway.requestlog.labels_forget import forget_labels

    pseudonym = _pseudonym(running, key)
    labels = partial(forget_labels, key=key)
    found = forget(running.places.log, pseudonym, pending=running.is_up, labels=labels)
    return {"pseudonym": pseudonym, **asdict(found)}


def _pseudonym(running: Running, key: str) -> str:
    """Return what stands for a user's key in this log; raises GatewayError where nobody can know."""
    from gateway.cli.lake_access import secrets_of

    places = running.places.log
    if not places.pseudonym_key.exists():
        raise GatewayError(
            f"{places.pseudonym_key} is not there, so no record of this log can be told to be this user's; "
            "restore it from a backup if it was removed"
        )
    return secrets_of(running).pseudonym(key.encode())


@app.command()
def check(
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Read every file of the log and say what is in it: days, records, gaps, sizes, what cannot be read.

    The exit code is 1 where a file or line cannot be read.

    Example: gateway log check
    """
    from gateway.cli.log_checked import as_document, in_words
    from gateway.requestlog.check import check_log

    found = check_log(find_running(state_dir, str(config)).places.log)
    if as_json:
        print_json(as_document(found))
    else:
        say("\n".join(in_words(found)))
    if found.broken or found.unreadable:
        raise typer.Exit(1)
