"""`gateway plan`: what a rollout will find, how long it takes and what it may cost, before it starts."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.common import WrongUsage, find_running, print_json
from gateway.cli.options import CONFIG, Config, Json, StateDir
from gateway.errors import ChangeRefused, GatewayError

if TYPE_CHECKING:
    from gateway.rollout.outlook import Ask, Outlook, Traffic
    from gateway.routing.places import Places
    from gateway.routing.plan import Route, RoutingPlan
    from gateway.routing.rollouts import Step

SEED = 1
USUAL_STEPS, FEWEST = 6, 40
"""Steps above which fewer paths are walked, lest the answer take longer; but this many at least."""
ASSUMED_ERRORS = 0.01

RouteName = Annotated[str | None, typer.Option("--route", help="Which route, where several are possible.")]
Steps = Annotated[str, typer.Option(help="Percentages instead of the route's own steps: 1,5,25,100.")]
Rate = Annotated[float | None, typer.Option(help="Requests per second, instead of the last seconds' own.")]
ErrorRate = Annotated[str, typer.Option(help="Part of stable's answers that fail, such as 1%.")]
Svg = Annotated[Path | None, typer.Option(help="Write the chart to this file too.")]


def plan(
    service: Annotated[str, typer.Argument(help="The version that is to be rolled out.")],
    route: RouteName = None,
    steps: Steps = "",
    rate: Rate = None,
    error_rate: ErrorRate = "",
    svg: Svg = None,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Say what each step of a rollout would find, in how long, and what it may cost. Nothing is changed.

    From the route's own traffic just now, or from --rate and --error-rate.

    Example: gateway plan canary --steps 1,5,25,100 --rate 50 --error-rate 1%
    """
    ask = _ask(service, route, steps, rate, error_rate, state_dir, config)
    _tell(ask, _outlook(ask), svg, as_json=as_json)


def _outlook(ask: Ask) -> Outlook:
    import random

    from gateway.rollout.planner import plan
    from gateway.statistics.walk import PATHS, draw

    paths = max(FEWEST, PATHS * USUAL_STEPS // max(USUAL_STEPS, len(ask.steps)))
    return plan(ask, draw(random.Random(SEED).random, paths))  # noqa: S311 - no secret, but repeatable


def _tell(ask: Ask, outlook: Outlook, svg: Path | None, *, as_json: bool) -> None:
    from gateway.cli.plan_svg import chart
    from gateway.cli.plan_view import plan_view
    from gateway.cli.status_tables import console
    from gateway.control.planner.api import document

    if svg is not None:
        svg.write_text(chart(ask, outlook), encoding="utf-8")
    if as_json:
        print_json(document(ask, outlook))
    else:
        console().print(plan_view(ask, outlook))


def _ask(
    service: str,
    name: str | None,
    steps: str,
    rate: float | None,
    error_rate: str,
    state_dir: str | None,
    config: Path,
) -> Ask:
    from gateway.control.rollouts.steering import check_known
    from gateway.rollout.moves import route_for
    from gateway.rollout.outlook import Ask

    wanted = _steps(steps)
    live, places = _live_plan(state_dir, config)
    check_known(live, service)
    route = route_for(live, name, service)
    if service == route.stable:
        raise ChangeRefused(f"{service} is stable on route {route.name} already; name another version")
    rollout = replace(route.rollout, steps=wanted) if wanted else route.rollout
    traffic = _traffic(places, route, service, rate, _fraction(error_rate))
    return Ask(service, route.stable, route.name, rollout, traffic, route.sticky is not None)


def _traffic(
    places: Places | None, route: Route, canary: str, rate: float | None, errors: float | None
) -> Traffic:
    """Return what the route gets of late, with what the command line says instead."""
    from gateway.rollout.outlook import Traffic
    from gateway.rollout.recent import recent_traffic, stable_part

    if rate is not None and not 0 < rate < math.inf:
        raise WrongUsage(f"--rate {rate:g}: write how many requests come in a second, as in --rate 50")
    found = recent_traffic(places, route, canary) if places else None
    if found is None and rate is None:
        raise GatewayError(
            f"nothing is known of the traffic of route {route.name}: it has had no request in the last "
            "seconds, or no gateway is running here; say what to plan for: --rate 50 --error-rate 1%"
        )
    if found is None:
        source = "as given" if errors else "errors assumed; say what is usual: --error-rate 1%"
        part = stable_part(route, canary)
        return Traffic(rate or 0.0, errors or ASSUMED_ERRORS, source=source, stable_part=part)
    if errors is not None:
        found = replace(found, error_rate=errors, source="errors as given")
    return replace(found, rate=rate) if rate is not None else found


def _fraction(text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text.strip().removesuffix("%")) / 100
    except ValueError:
        value = -1.0
    if not 0 < value <= 0.5:
        raise WrongUsage(
            f"--error-rate {text}: write which part of stable's answers fails, above 0 % and up to 50 %, "
            "as in --error-rate 1%"
        )
    return value


def _steps(text: str) -> tuple[Step, ...]:
    from gateway.control.rollouts.steering import steps_of

    if not text:
        return ()
    try:
        return steps_of([float(word.strip().removesuffix("%")) for word in text.split(",")])
    except ValueError:
        problem = "a step is a number of percent"
    except ChangeRefused as error:
        problem = str(error)
    raise WrongUsage(f"--steps {text}: {problem}; write percentages that grow, as in --steps 1,5,25,100")


def _live_plan(state_dir: str | None, config: Path) -> tuple[RoutingPlan, Places | None]:
    """Return the plan in force with where its gateway's files are, or else what routing.yaml says."""
    from gateway.routing.file import read_plan, read_text
    from gateway.routing.journal import head, opened

    try:
        running = find_running(state_dir, str(config))
    except GatewayError:
        return read_plan(read_text(config), config), None
    with opened(running.places.journal) as connection:
        latest = head(connection)
    found = latest.plan if latest else read_plan(read_text(config), config)
    return found, running.places if running.is_up else None
