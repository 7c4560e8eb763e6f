"""All verbs but the hurried one, as typer commands: read options, call the part that does it, print."""

from __future__ import annotations

import sqlite3
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import __version__
from gateway.cli.common import (
    DEFAULT_CONFIG,
    Running,
    WrongUsage,
    author,
    check_published,
    fail,
    find_running,
    is_held,
    print_json,
    say,
    state_of,
    trouble,
)
from gateway.errors import GatewayError

app = typer.Typer(
    name="gateway",
    help="Split traffic between model versions, roll a new one out gradually, take it back in milliseconds.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


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


StateDir = Annotated[
    str | None,
    typer.Option(help="Where its state is kept (default: .gateway beside routing.yaml)."),
]
Config = Annotated[Path, typer.Option(help="The routing.yaml to serve.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the history.")]


def run(arguments: list[str]) -> int:
    """Run a verb and turn its errors into messages; return the exit code."""
    try:
        result = app(args=arguments, prog_name="gateway", standalone_mode=False)
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


@app.command()
def up(
    config: Config = Path(DEFAULT_CONFIG),
    listen: Annotated[str, typer.Option(help="host:port for requests; overrides routing.yaml.")] = "",
    admin: Annotated[str, typer.Option(help="host:port for the admin API; overrides routing.yaml.")] = "",
    state_dir: StateDir = None,
    workers: Annotated[int, typer.Option(min=0, help="Worker processes; 0 means one per core.")] = 0,
    as_json: Json = False,
) -> None:
    """Start the gateway in the foreground; Ctrl-C drains it.

    Example: gateway up --config routing.yaml
    """
    from gateway.assemble import UpOptions, up
    from gateway.cli.render import ready, welcome

    options = UpOptions(config, state_of(state_dir, str(config)), listen, admin, workers)
    up(options, lambda running: print(ready(running) if as_json else welcome(running), flush=True))


@app.command()
def serve(
    folder: Annotated[Path, typer.Argument(help="A model version: model.yaml and its artefact.")],
    listen: Annotated[str, typer.Option(help="host:port or unix:/path.")] = "127.0.0.1:9001",
) -> None:
    """Serve one model version on its own, without the gateway.

    Example: gateway serve model_versions/v2 --listen 127.0.0.1:9002
    """
    from gateway.serving.service import serve

    serve(folder, listen)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The file to check.")] = Path(DEFAULT_CONFIG),
    as_json: Json = False,
) -> None:
    """Say everything that is wrong with a routing.yaml, or that it is fine.

    Example: gateway check routing.yaml
    """
    from gateway.cli.render import plan_in_brief
    from gateway.routing.file import read_plan, read_text

    plan = read_plan(read_text(file), file)
    if as_json:
        print_json({"ok": True, "routes": len(plan.routes), "services": len(plan.services)})
    else:
        print(f"{file}: fine\n{plan_in_brief(plan)}")


@app.command()
def status(
    watch: Annotated[bool, typer.Option("--watch", help="Draw it anew every second.")] = False,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = Path(DEFAULT_CONFIG),
) -> None:
    """Show routes, live weights, what is really served, and the health of every process.

    Example: gateway status --watch
    """
    from gateway.cli.status_tables import console, status_tables

    running = find_running(state_dir, str(config))
    if as_json:
        print_json(_snapshot(running))
    elif watch:
        _watch(running)
    else:
        console().print(status_tables(_snapshot(running)))


def _snapshot(running: Running) -> dict[str, Any]:
    from gateway.control.status import snapshot

    return snapshot(_up(running).places)


def _up(running: Running) -> Running:
    if not running.is_up:
        raise GatewayError(
            f"no gateway is running with the state directory {running.places.state}; "
            "start it with `gateway up`"
        )
    return running


def _watch(running: Running) -> None:
    from rich.live import Live

    from gateway.cli.status_tables import console, status_tables

    try:
        first = status_tables(_snapshot(running))
        with Live(first, console=console(), refresh_per_second=4, screen=True) as live:
            while True:
                time.sleep(1.0)
                live.update(status_tables(_snapshot(replace(running, is_up=is_held(running.places)))))
    except KeyboardInterrupt:
        return


@app.command()
def reload(
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = Path(DEFAULT_CONFIG),
) -> None:
    """Replace the workers and the control process by fresh ones, without losing a request.

    They run the code, certificates, listeners and settings as they are now. Connections go on in the old
    workers until they end, or the drain period does. If a new process does not become ready nothing is
    replaced. Replicas and the supervisor go on as they are. `kill -HUP` to the supervisor does the same.

    Example: gateway reload
    """
    from gateway.cli.reload import as_document, in_words, reload

    found = reload(_up(find_running(state_dir, str(config))))
    if as_json:
        print_json(as_document(found))
    else:
        print(in_words(found))
        if found.complaint:
            print(f"warning: {found.warning}", file=sys.stderr)
    if found.was_not_taken:
        raise typer.Exit(1)


@app.command("set-weight")
def set_weight(
    shares: Annotated[list[str], typer.Argument(help="SERVICE=PERCENT, one or several.")],
    route: Annotated[str | None, typer.Option(help="Which route, where several have these services.")] = None,
    reason: Reason = "",
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = Path(DEFAULT_CONFIG),
) -> None:
    """Give services a share of the traffic in percent; the others keep their proportions.

    Example: gateway set-weight canary=25 --reason "looks good at 10"
    """
    from gateway.cli.render import tell_change
    from gateway.routing.change import Request, commit, complaint, write_back
    from gateway.routing.revise import set_shares

    running = find_running(state_dir, str(config))
    wanted = _shares(shares)
    request = Request("set-weight", author(), reason)
    plan, changed = commit(running.places, request, lambda head: set_shares(head, wanted, route))
    write_back(running.places, Path(running.config))
    check_published(running, plan.revision)
    tell_change(plan, changed, complaint(running.places), as_json=as_json)


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


@app.command()
def rollback() -> None:
    """Send everything to stable at once, or bring back an earlier revision with --to REV.

    Example: gateway rollback --reason "errors on canary"
    """
    # `gateway.cli.main` runs this verb itself, before typer is loaded; it stands here for --help.
    from gateway.cli.rollback import main

    raise typer.Exit(main(sys.argv[2:]))


@app.command()
def history(
    limit: Annotated[int, typer.Option(min=1, help="How many revisions, newest first.")] = 20,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = Path(DEFAULT_CONFIG),
) -> None:
    """List revisions: number, time, author, reason and what changed.

    Example: gateway history --limit 5
    """
    from gateway.cli.render import history_entries, history_lines
    from gateway.routing.journal import latest, opened

    running = find_running(state_dir, str(config))
    with opened(running.places.journal) as connection:
        entries = history_entries(latest(connection, limit + 1))[:limit]
    if as_json:
        print_json(entries)
    else:
        say(history_lines(entries))


@app.command()
def explain(
    path: Annotated[str, typer.Option(help="The path asked for.")] = "/",
    header: Annotated[list[str] | None, typer.Option(help="K=V, once for each header.")] = None,
    ip: Annotated[str, typer.Option(help="The client's address.")] = "127.0.0.1",
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = Path(DEFAULT_CONFIG),
) -> None:
    """Say which version would answer a request, and why.

    Example: gateway explain --path /v2/models/late/infer --header x-user-id=42
    """
    from gateway.cli.explain import explained, in_words

    plan = _live_plan(state_dir, config)
    found = explained(plan, path, header or [], ip)
    found["health"] = _health_now(plan, found, state_dir, config)
    print_json(found) if as_json else print(in_words(found))


def _health_now(
    plan: Any, found: dict[str, Any], state_dir: str | None, config: Path
) -> dict[str, Any] | None:
    """Return how the version that would answer is at this moment; None where no gateway runs or tells."""
    from gateway.control.explain_health import health_now
    from gateway.control.observation import beating
    from gateway.control.views import read_views

    try:
        running = find_running(state_dir, str(config))
    except GatewayError:
        return None
    if not running.is_up:
        return None
    views = read_views(running.places, beating(running.places))
    return health_now(plan, views, found["route"], found["service"])


def _live_plan(state_dir: str | None, config: Path) -> Any:
    """Return the plan in force, or what the file says where no gateway has been started."""
    from gateway.routing.file import read_plan, read_text
    from gateway.routing.journal import head, opened

    try:
        running = find_running(state_dir, str(config))
    except GatewayError:
        return read_plan(read_text(config), config)
    with opened(running.places.journal) as connection:
        latest = head(connection)
    return latest.plan if latest else read_plan(read_text(config), config)
