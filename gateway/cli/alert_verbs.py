"""`gateway alerts` and `gateway monitor`: what is wrong with the models in production, and what is watched.

They read the database of the watcher, so they answer while the gateway is down too: as of its last look.
"""

from __future__ import annotations

import time
from typing import Annotated

import typer

from gateway.cli.common import WrongUsage, author, find_running, print_json, say
from gateway.cli.options import CONFIG, Config, Json, StateDir
from gateway.errors import GatewayError

app = typer.Typer(help="Alarms about models in production, and who is not to be told of them.")

RuleName = Annotated[str, typer.Argument(metavar="RULE", help="The rule in `alerts` of routing.yaml.")]
RouteName = Annotated[str, typer.Option("--route", help="On this route alone.")]
Everything = Annotated[bool, typer.Option("--all", help="Resolved ones of the last week too.")]
Why = Annotated[str, typer.Option(help="Why, for whoever wonders why nobody was told.")]


@app.callback(invoke_without_command=True)
def alerts(
    context: typer.Context,
    everything: Everything = False,
    with_sql: Annotated[
        bool, typer.Option("--sql", help="The query that shows each of them, in full.")
    ] = False,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """List the alarms: what moved, by how much, of which version, since when, and the query that shows it.

    Example: gateway alerts --sql
    """
    if context.invoked_subcommand is not None:
        return
    from gateway.watching import overview

    running = find_running(state_dir, str(config))
    found = overview.alerts(running.places, time.time(), everything=everything)
    if as_json:
        print_json(found)
        return
    from gateway.cli.alert_tables import alert_lines

    say(alert_lines(found, is_up=running.is_up, everything=everything, with_sql=with_sql))


@app.command()
def silence(
    rule: RuleName,
    reason: Why,
    route: RouteName = "",
    duration: Annotated[str, typer.Option("--for", help="How long, such as 30m, 2h or 1d.")] = "2h",
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Have nobody told of a rule for a while; its alarms are still shown.

    Example: gateway alerts silence input-drift --for 2h --reason "a known holiday"
    """
    from gateway.control.status.observation import latest_plan
    from gateway.routing.audited import note, refusals_noted
    from gateway.routing.change import Request
    from gateway.watching.quiet import ask, told

    places = find_running(state_dir, str(config)).places
    seconds = parsed_duration(duration)
    with refusals_noted(places, Request("silence", author(), reason)):
        made = told(ask(places, latest_plan(places), rule, route, author(), reason, seconds))
    after = {"rule": rule, "until": made["until"]}
    note(places, "silence", author(), why=reason, route=route, after=after)
    if as_json:
        print_json(made)
    else:
        say(f"nobody is told of {rule}{_where(route)} until {made['until']}")


@app.command()
def unsilence(
    rule: RuleName,
    route: RouteName = "",
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Have people told of a rule again.

    Example: gateway alerts unsilence input-drift
    """
    from gateway.routing.audited import note, refusals_noted
    from gateway.routing.change import Request
    from gateway.watching.quiet import lift, told

    places = find_running(state_dir, str(config)).places
    with refusals_noted(places, Request("unsilence", author())):
        ended = lift(places, rule, route)
    note(places, "unsilence", author(), route=route, before={"rule": rule})
    if as_json:
        print_json({"ended": [told(it) for it in ended]})
    else:
        say(f"people are told of {rule}{_where(route)} again")


def monitor(
    route: Annotated[str | None, typer.Argument(help="The route; needed where there are several.")] = None,
    version: Annotated[str, typer.Option(help="This version alone.")] = "",
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Show what is watched: each value with what it was in training, or in the window before.

    Example: gateway monitor late --version blue
    """
    from gateway.control.status.observation import latest_plan
    from gateway.watching import overview

    running = find_running(state_dir, str(config))
    plan = latest_plan(running.places)
    names = [it.name for it in plan.routes]
    if route is None and len(names) != 1:
        raise WrongUsage(f"there are several routes, name one: {', '.join(names)}")
    name = route or names[0]
    if name not in names:
        raise GatewayError(f"there is no route {name}; there is {', '.join(names)}")
    found = overview.monitor(running.places, plan, name, version)
    if as_json:
        print_json(found)
        return
    from gateway.cli.alert_tables import monitor_table
    from gateway.cli.status_tables import console

    console().print(monitor_table(found, is_up=running.is_up))


def _where(route: str) -> str:
    return f" on route {route}" if route else ""


def parsed_duration(text: str) -> float:
    """Return the seconds of a duration such as `1h30m` or `2d`; raises WrongUsage."""
    units = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
    seconds, number = 0.0, ""
    for letter in text.strip():
        if letter.isdigit() or letter == ".":
            number += letter
        elif letter in units and number and number.count(".") < 2 and number != ".":
            seconds, number = seconds + float(number) * units[letter], ""
        else:
            number = "?"
            break
    if number or seconds <= 0:
        raise WrongUsage(f"--for {text}: write a duration such as 30m, 2h or 1d")
    return seconds
