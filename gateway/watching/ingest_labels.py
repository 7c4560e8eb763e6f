"""Labels that came: which output they are compared with, and what that says of each version."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.requestlog.policy import LogPolicy
from gateway.routing.plan import Route
from gateway.serving.model_spec import ModelSpec
from gateway.watching import truths
from gateway.watching.basis import Scale, from_json
from gateway.watching.harvests import DAY, Harvest, Look
from gateway.watching.store import Place
from gateway.watching.stretches import Stretch


def take_labels(look: Look, found: Harvest, route: Route, stretch: Stretch, policy: LogPolicy) -> None:
    """Add what the labels in `told` say of a route's predictions."""
    columns = [row[0] for row in look.connection.execute("DESCRIBE predictions").fetchall()]
    output = policy.labels.output or _first_output(look, route)
    compared = truths.Compared(
        route.name,
        f"{output}_out" if f"{output}_out" in columns else output,
        policy.labels,
        _scale(look, route, output),
    )
    for (version, model, start), told in truths.compare(look.connection, compared, stretch, columns).items():
        found.add(Place("truths", route.name, version, model or "", start, stretch.every), told)
        length = max(stretch.every, DAY)
        found.add(Place("days", route.name, version, model or "", start // length * length, length), told)


def _specs(look: Look, route: Route) -> Iterator[ModelSpec]:
    for name, _ in route.weights:
        service = look.plan.service(name)
        spec = look.models.spec(service.model if service else None)
        if spec is not None:
            yield spec


def _first_output(look: Look, route: Route) -> str:
    spec = next(_specs(look, route), None)
    if spec is not None:
        return spec.outputs[0].name
    row = look.connection.execute(
        "SELECT json_keys(outputs)[1] FROM requests WHERE route = ? AND status BETWEEN 200 AND 299 "
        "AND outputs IS NOT NULL LIMIT 1",
        [route.name],
    ).fetchone()
    return str(row[0]) if row and row[0] else ""


def _scale(look: Look, route: Route, output: str) -> Scale | None:
    """Return what kind of values an output has, as far as a model or its first values say."""
    for spec in _specs(look, route):
        if output in spec.output_by_name:
            return "flag" if spec.output_by_name[output].datatype == "BOOL" else "probability"
    known = (from_json(text).binning(output) for key, text in look.firsts.items() if key[0] == route.name)
    return next((it.scale for it in known if it is not None), None)
