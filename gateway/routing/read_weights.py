"""The `weights` of a route: who gets which share of it."""

from __future__ import annotations

from gateway.routing import fields
from gateway.routing.fields import Known
from gateway.routing.plan import proportional
from gateway.routing.report import Report, is_left_out, is_missing_space, mapping, missing_space, shown
from gateway.routing.yaml_nodes import Mapping, Node, Scalar

_EXAMPLE = "{blue: 90, canary: 10}"

Weights = tuple[tuple[str, int], ...]


def read_weights(report: Report, node: Node, known: Known, stable: str | None) -> Weights | None:
    """Return the units of each service in the order of the file, None where they cannot be read.

    `stable` gets an entry of 0 where the weights leave it out.
    """
    found = mapping(report, node, "weights", _EXAMPLE)
    if found is None:
        return None
    asked = {key.value: _weight(report, key, value, known) for key, value in found.pairs}
    weights = {name: weight for name, weight in asked.items() if weight is not None}
    if len(weights) < len(asked):
        return None
    try:
        units = proportional(weights)
    except ValueError as error:
        report.add(_culprit(found, weights), f"these weights cannot be used: {error}")
        return None
    if stable is not None:
        units.setdefault(stable, 0)
    return tuple(units.items())


def _culprit(node: Mapping, weights: dict[str, float]) -> Node:
    """Return the place to mend: the smallest weight above 0, or all of them where there is none."""
    positive = [name for name, weight in weights.items() if weight > 0]
    smallest = min(positive, key=weights.__getitem__, default=None)
    return next((value for key, value in node.pairs if key.value == smallest), node)


def _weight(report: Report, key: Scalar, node: Node, known: Known) -> float | None:
    if is_missing_space(key, node):
        report.add(key, missing_space(key))
        return None
    if is_left_out(node) and key.value.isdigit():
        alone = f"`{shown(key.value)}` stands here without a weight"
        report.add(key, f"{alone}; a decimal number has a point, not a comma")
        return None
    if known is not None and key.value not in known:
        report.unknown(key, "service", known)
        return None
    return fields.decimal(report, node, shown(key.value))
