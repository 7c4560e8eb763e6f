"""`gateway whatif`: recorded requests against another routing.yaml, or another version of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.common import Running, WrongUsage, find_running, print_json
from gateway.cli.options import CONFIG, Config, Json, StateDir

MOST_DAYS = 3650
SINCE = {"routing": "1h", "model": "7d"}

Routing = Annotated[Path | None, typer.Option(help="Another routing.yaml.")]
Model = Annotated[Path | None, typer.Option(help="The folder of another model version.")]
Since = Annotated[str, typer.Option(help="How far back (default: 1h for --routing, 7d for --model).")]
RouteName = Annotated[str, typer.Option("--route", help="Only what was recorded on this route.")]
Limit = Annotated[int, typer.Option(min=1, max=500_000, help="Predictions to compare, with --model.")]


def whatif(
    routing: Routing = None,
    model: Model = None,
    since: Since = "",
    route: RouteName = "",
    limit: Limit = 100_000,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Say what recorded requests would have met: another routing.yaml, or another version of a model.

    From the log alone: nothing is sent anywhere and nothing is changed.

    Example: gateway whatif --routing other.yaml --since 1h; gateway whatif --model model_versions/v3
    """
    if (routing is None) == (model is None):
        raise WrongUsage("say what to compare with: either --routing FILE or --model FOLDER")
    running = find_running(state_dir, str(config))
    seconds = seconds_of(since or SINCE["model" if model else "routing"])
    if routing is not None:
        _routing(running, routing, seconds, route, as_json=as_json)
    elif model is not None:
        _model(running, model, seconds, route, limit, as_json=as_json)


def seconds_of(since: str) -> float:
    """Return a duration such as `1h30m` or `7d` in seconds; raises WrongUsage."""
    from gateway.routing.fields import duration
    from gateway.routing.report import Report
    from gateway.routing.yaml_nodes import Scalar

    report = Report()
    found = duration(report, Scalar(since, 1, 1, 0, 0, ""), "--since", days=MOST_DAYS)
    if found is None:
        raise WrongUsage(report.problems[0].message)
    return found


def _routing(running: Running, file: Path, seconds: float, route: str, *, as_json: bool) -> None:
    from gateway.cli.status_tables import console
    from gateway.cli.whatif_view import routing_view
    from gateway.routing.file import read_plan, read_text
    from gateway.whatif.against_routing import against_routing
    from gateway.whatif.recorded import Asked

    other = read_plan(read_text(file), file)
    report = against_routing(running.places, other, Asked(seconds, route))
    if as_json:
        print_json({"routing": str(file), **report})
    else:
        console().print(routing_view(report, str(file)))


def _model(running: Running, folder: Path, seconds: float, route: str, limit: int, *, as_json: bool) -> None:
    from gateway.extras import needs_models

    needs_models(f"{folder} cannot be asked")
    from gateway.cli.status_tables import console
    from gateway.cli.whatif_model_view import model_view
    from gateway.whatif.against_model import against_model
    from gateway.whatif.recorded import Asked

    report = against_model(running.places, folder, Asked(seconds, route), limit)
    if as_json:
        print_json(report)
    else:
        console().print(model_view(report))
