"""`gateway plan`: what a rollout will find, how long it takes and what it may cost, before it starts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.common import WrongUsage, find_running, print_json
from gateway.cli.options import CONFIG, Config, Json, StateDir
from gateway.cli.rollout_verbs import RouteName, parsed_steps
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.rollout.outlook import Ask, Outlook
    from gateway.routing.places import Places
    from gateway.routing.plan import RoutingPlan

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
    from gateway.control.planner.assumptions import outlook_on
    from gateway.statistics.walk import PATHS

    ask = _ask(service, route, steps, rate, error_rate, state_dir, config)
    _tell(ask, outlook_on(ask, PATHS), svg, as_json=as_json)


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
    from gateway.control.planner.assumptions import Question, ask_of
    from gateway.control.rollouts.steering import check_known
    from gateway.rollout.moves import route_for

    wanted = parsed_steps(steps) if steps else ()
    live, places = _live_plan(state_dir, config)
    check_known(live, service)
    route = route_for(live, name, service)
    question = Question(service, _rate(rate), _fraction(error_rate), wanted)
    ask = ask_of(places, route, question, "errors assumed; say what is usual: --error-rate 1%")
    if ask is None:
        raise GatewayError(
            f"nothing is known of the traffic of route {route.name}: it has had no request in the last "
            "seconds, or no gateway is running here; say what to plan for: --rate 50 --error-rate 1%"
        )
    return ask


def _rate(rate: float | None) -> float | None:
    if rate is not None and not 0 < rate < math.inf:
        raise WrongUsage(f"--rate {rate:g}: write how many requests come in a second, as in --rate 50")
    return rate


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
