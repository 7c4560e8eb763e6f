"""New weights into routing.yaml, with everything a person wrote around them left alone.

The text is edited at the exact characters of the values that change, never dumped anew, so comments,
order, quoting and line ends survive. A version that had no weight so far gets an entry that looks like its
neighbours'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from gateway.errors import ChangeRefused, ConfigError
from gateway.routing.parse import DEFAULT_ROUTE, parse_root
from gateway.routing.plan import UNITS, Route, shortest_percent
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Mapping as MappingNode
from gateway.routing.yaml_nodes import Scalar, Sequence
from gateway.routing.yaml_tree import collector_paused, read

_Edit = tuple[int, int, str]
"""Start and end of the characters to replace, and what replaces them."""


@collector_paused()
def rewrite_weights(text: str, weights: Mapping[str, Mapping[str, int]]) -> str:
    """Return the text with the given division (route -> service -> units) for each route named.

    A service of the route that is not named gets 0. Raises ConfigError where the text is not a valid
    routing.yaml, and ChangeRefused where it lacks a route or service or the units do not add up.
    """
    root, problems = read(text)
    if not isinstance(root, MappingNode):
        raise ConfigError("routing.yaml", problems)
    report = Report(problems)
    plan = parse_root(report, root, lambda _: None)
    report.check("routing.yaml")
    written = _written(root)
    services = {service.name for service in plan.services}
    edits: list[_Edit] = []
    for name, units in weights.items():
        route = plan.route(name)
        if route is None:
            raise ChangeRefused(f"routing.yaml has no route called `{name}`; its weights were not written")
        _check(route, units, services)
        if _positive(dict(route.weights)) != _positive(units):
            edits.extend(_edits(text, written[name], units))
    return _apply(text, edits)


def _check(route: Route, units: Mapping[str, int], services: set[str]) -> None:
    unknown = [name for name, share in units.items() if share and name not in services]
    if unknown:
        raise ChangeRefused(f"routing.yaml has no service called `{unknown[0]}`; nothing was written")
    if sum(units.values()) != UNITS or min(units.values()) < 0:
        raise ChangeRefused(f"the weights of `{route.name}` do not add up to 100 %; nothing was written")


def _positive(units: Mapping[str, int]) -> dict[str, int]:
    return {name: share for name, share in units.items() if share}


def _written(root: MappingNode) -> dict[str, MappingNode]:
    """Return the node of the weights of each route; the tree has been found valid before."""
    top = {key.value: node for key, node in root.pairs}
    if isinstance(top.get("weights"), MappingNode):
        return {DEFAULT_ROUTE: _mapping(top["weights"])}
    routes = top["routes"]
    assert isinstance(routes, Sequence)
    found: dict[str, MappingNode] = {}
    for item in routes.items:
        given = {key.value: node for key, node in _mapping(item).pairs}
        name = given["name"]
        assert isinstance(name, Scalar)
        found[name.value] = _mapping(given["weights"])
    return found


def _mapping(node: object) -> MappingNode:
    assert isinstance(node, MappingNode)
    return node


def _edits(text: str, node: MappingNode, units: Mapping[str, int]) -> Iterator[_Edit]:
    for key, value in node.pairs:
        assert isinstance(value, Scalar)
        number = shortest_percent(units.get(key.value, 0))
        if Decimal(value.value) != Decimal(number):
            inside = 1 if value.style else 0
            yield value.start + inside, value.end - inside, number
    present = {key.value for key, _ in node.pairs}
    added = [
        (name, shortest_percent(share)) for name, share in units.items() if share and name not in present
    ]
    if added:
        yield _flow_insertion(text, node, added) if node.flow else _block_insertion(text, node, added)


def _flow_insertion(text: str, node: MappingNode, added: list[tuple[str, str]]) -> _Edit:
    """Append after the last value, separated as the last two entries are."""
    key, value = node.pairs[-1]
    separator = ", "
    if len(node.pairs) > 1:
        between = text[_end(node, -2) : key.start]
        if re.fullmatch(r"\s*,\s+", between):
            separator = between
    at = _end(node, -1)
    return at, at, "".join(separator + _entry(text, key, value, *entry) for entry in added)


def _block_insertion(text: str, node: MappingNode, added: list[tuple[str, str]]) -> _Edit:
    """Append lines below the line of the last value, at the indentation of the mapping."""
    key, value = node.pairs[-1]
    end_of_line = re.compile(r"[^\r\n]*").match(text, _end(node, -1))
    assert end_of_line is not None
    at = end_of_line.end()
    breaks = re.compile(r"\r\n|\r|\n")
    found = breaks.match(text, at) or breaks.search(text)
    newline = (found[0] if found else "\n") + " " * (node.column - 1)
    return at, at, "".join(newline + _entry(text, key, value, *entry) for entry in added)


def _end(node: MappingNode, index: int) -> int:
    value = node.pairs[index][1]
    assert isinstance(value, Scalar)
    return value.end


def _entry(text: str, key: Scalar, value: object, name: str, number: str) -> str:
    """Return one entry, quoted and spaced as its neighbour is."""
    assert isinstance(value, Scalar)
    between = text[key.end : value.start]
    colon = between if re.fullmatch(r":[ \t]+", between) or (key.style and between == ":") else ": "
    return f"{key.style}{name}{key.style}{colon}{value.style}{number}{value.style}"


def _apply(text: str, edits: list[_Edit]) -> str:
    parts: list[str] = []
    position = 0
    for start, end, replacement in sorted(edits):
        parts += text[position:start], replacement
        position = end
    return "".join([*parts, text[position:]])
