"""The verbs that change nothing: is the file fine, what runs, what was changed, who would answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.common import Running, find_running, is_held, print_json, say
from gateway.cli.options import CONFIG, AdminWithoutAuth, AdminWithoutTls, Config, Json, StateDir, must_be_up
from gateway.errors import GatewayError


def check(
    file: Annotated[Path, typer.Argument(help="The file to check.")] = CONFIG,
    admin_without_tls: AdminWithoutTls = False,
    admin_without_auth: AdminWithoutAuth = False,
    as_json: Json = False,
) -> None:
    """Say everything that is wrong with a routing.yaml, or that it is fine.

    The flags are those with which `gateway up` will be started.

    Example: gateway check routing.yaml
    """
    from gateway.cli.render import plan_in_brief
    from gateway.control.access.listening import Listening
    from gateway.control.log.names import undeclared
    from gateway.control.log.needs import missing
    from gateway.routing.addresses import Address, parse_address
    from gateway.routing.file import read_plan, read_text

    plan = read_plan(read_text(file), file)
    admin = parse_address(plan.admin)
    assert isinstance(admin, Address)  # the plan has been checked
    Listening(admin, plan.admin_settings, admin_without_tls, admin_without_auth).check(file)
    told = [*undeclared(plan, file.parent), *missing(plan, file.parent)]
    if as_json:
        counts = {"routes": len(plan.routes), "services": len(plan.services)}
        print_json({"ok": True, **counts, "warnings": told})
    else:
        print("\n".join([f"{file}: fine", plan_in_brief(plan), *(f"  warning: {line}" for line in told)]))


def status(
    watch: Annotated[bool, typer.Option("--watch", help="Draw it anew every second.")] = False,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
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
    from gateway.control.status.snapshot import snapshot

    return snapshot(must_be_up(running).places)


def _watch(running: Running) -> None:
    from rich.live import Live

    from gateway.cli.following import until_interrupted
    from gateway.cli.status_tables import console, status_tables

    with until_interrupted() as following:
        first = status_tables(_snapshot(running), is_live=True)
        with Live(first, console=console(), refresh_per_second=4, screen=True) as live:
            while True:
                following.pause(1.0)
                now = replace(running, is_up=is_held(running.places))
                live.update(status_tables(_snapshot(now), is_live=True))


def history(
    limit: Annotated[int, typer.Option(min=1, help="How many revisions, newest first.")] = 20,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
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


def explain(
    path: Annotated[str, typer.Option(help="The path asked for.")] = "/",
    header: Annotated[list[str] | None, typer.Option(help="K=V, once for each header.")] = None,
    ip: Annotated[str, typer.Option(help="The client's address.")] = "127.0.0.1",
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
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
    from gateway.control.status.explain import health_now
    from gateway.control.status.observation import beating
    from gateway.control.status.views import read_views

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
