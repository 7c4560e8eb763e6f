"""`gateway switch`: everything to another version at once, after it has shown that it can answer."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.common import Running, WrongUsage, author, check_published, find_running, write_file
from gateway.cli.options import CONFIG, Config, Json, Reason, StateDir, must_be_up
from gateway.cli.rollout_verbs import RouteName, Steps, parsed_steps
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.rollout.smoke import Sample
    from gateway.rollout.switch import Order
    from gateway.routing.plan import Route, RoutingPlan

MOST_SAMPLES = 100
MOST_BYTES = 1024 * 1024


def switch(
    service: Annotated[str, typer.Argument(help="The version that gets everything.")],
    route: RouteName = None,
    steps: Steps = "",
    sample: Annotated[
        Path | None, typer.Option(help="Requests to try it with: a JSON document, or one a line.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="In a freeze window too, and in place of a rollout under way.")
    ] = False,
    path: Annotated[str, typer.Option(help="Where samples are sent (default: the route's path).")] = "",
    reason: Reason = "",
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Send everything to another version at once (blue-green), or by --steps.

    Before anything moves the version is started if it rests, checked, and warmed with sample requests: those
    of --sample, else the examples of its model.yaml. If it fails one of these, nothing moves. The old
    version stays warm for `keep_warm` (1 h): gateway rollback

    Example: gateway switch green --reason "retrained on June"
    """
    running = must_be_up(find_running(state_dir, str(config)))
    order = _order(running, service, route, steps, sample, path, force=force)
    _carry_out(running, order, reason, as_json=as_json)


def _order(
    running: Running,
    service: str,
    route: str | None,
    steps: str,
    sample: Path | None,
    path: str,
    *,
    force: bool,
) -> Order:
    """Return what is to be done; raises where it is not understood, or not the time for it."""
    from gateway.rollout.moves import route_for
    from gateway.rollout.switch import Order, latest

    plan = latest(running.places)
    chosen = route_for(plan, route, service)
    if not force:
        _check_calm(chosen)
    folder = Path(running.config).parent
    samples = _read(sample, path or chosen.path) if sample else _examples(plan, service, folder)
    return Order(service, chosen.name, tuple(samples), parsed_steps(steps) if steps else ())


def _carry_out(running: Running, order: Order, reason: str, *, as_json: bool) -> None:
    from gateway.cli.rollout_told import tell
    from gateway.rollout.switch import carry_out
    from gateway.routing.change import Request

    plan, _ = carry_out(
        running.places,
        Path(running.config),
        order,
        Request("switch", author(), reason),
        lambda line: None if as_json else print(f"  {line}", flush=True),
    )
    problem = write_file(running, plan.revision)
    check_published(running, plan.revision)
    moved = plan.route(order.route or "")
    assert moved is not None  # it was switched a moment ago
    tell(running.places, plan, moved, problem, as_json=as_json)


def _examples(plan: RoutingPlan, service: str, folder: Path) -> list[Sample]:
    """Return a request made from the examples of a model of ours; none where the version runs elsewhere."""
    from gateway.rollout.smoke import Sample
    from gateway.serving.example import example_request
    from gateway.serving.model_file import parse_model_file

    found = plan.service(service)
    if found is None or not found.model:
        return []
    file = folder / found.model / "model.yaml"
    name = parse_model_file(file.read_text(encoding="utf-8"), str(file)).spec.name
    return [Sample(f"/v2/models/{name}/infer", example_request(folder / found.model).encode())]


def _check_calm(route: Route) -> None:
    """Raise GatewayError where a rollout is under way on a route, or it is frozen."""
    from gateway.control.rollouts.steering import check_none_under_way
    from gateway.rollout.freeze import freeze_at

    check_none_under_way(route, "switch all the same with --force")
    if frozen := freeze_at(route.rollout.freeze, time.time()):
        raise GatewayError(
            f"route {route.name} is frozen ({frozen}); switch when that ends, or all the same with --force"
        )


def _read(file: Path, path: str) -> list[Sample]:
    from gateway.rollout.smoke import Sample

    if not path.startswith("/"):
        raise WrongUsage(f"--path {path}: write where the samples are sent, beginning with a slash")
    text = _text(file)
    try:
        documents = [json.loads(text)]
    except ValueError:
        documents = _lines(file, text)
    if not documents or len(documents) > MOST_SAMPLES:
        raise WrongUsage(f"{file} has {len(documents)} requests; write 1 to {MOST_SAMPLES}")
    return [Sample(path, json.dumps(document).encode()) for document in documents]


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise WrongUsage(f"{file} has more than {MOST_BYTES} bytes; a few requests are enough")
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise WrongUsage(f"--sample {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongUsage(f"--sample {file} is no text in UTF-8; write JSON documents") from None


def _lines(file: Path, text: str) -> list[object]:
    found: list[object] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except ValueError as error:
                raise WrongUsage(f"{file}:{number}: this is no JSON document ({error})") from None
    return found
