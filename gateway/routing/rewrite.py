"""New weights and stable into routing.yaml, with everything a person wrote around them left alone.

The text is edited at the exact characters of the values that change, never dumped anew, so comments,
order, quoting and line ends survive. A version that had no weight so far gets an entry that looks like its
neighbours', and so does a `stable` that was unsaid because it was the first of the weights.
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
from gateway.routing.yaml_nodes import Node, Refused, Scalar, Sequence
from gateway.routing.yaml_tree import collector_paused, read

_Edit = tuple[int, int, str]
"""Start and end of the characters to replace, and what replaces them."""


@collector_paused()
def rewrite_weights(
    text: str, weights: Mapping[str, Mapping[str, int]], stable: Mapping[str, str] | None = None
) -> str:
    """Return the text with the given division (route -> service -> units) for each route named.

    A service of the route that is not named gets 0. `stable` (route -> service) is written where the text
    means another one. Raises ConfigError where the text is not a valid routing.yaml, and ChangeRefused where
    it lacks a route or service or the units do not add up.
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
        wanted = (stable or {}).get(name, route.stable)
        _check(route, units, wanted, services)
        if _positive(dict(route.weights)) != _positive(units):
            edits.extend(_edits(text, _weights_of(written[name]), units))
        if route.stable != wanted:
            edits.append(_stable_edit(text, written[name], wanted))
    return _apply(text, edits)


def _check(route: Route, units: Mapping[str, int], stable: str, services: set[str]) -> None:
    unknown = [name for name in (*_positive(units), stable) if name not in services]
    if unknown:
        raise ChangeRefused(f"routing.yaml has no service called `{unknown[0]}`; nothing was written")
    if sum(units.values()) != UNITS or min(units.values()) < 0:
        raise ChangeRefused(f"the weights of `{route.name}` do not add up to 100 %; nothing was written")


def _positive(units: Mapping[str, int]) -> dict[str, int]:
    return {name: share for name, share in units.items() if share}


def _written(root: MappingNode) -> dict[str, MappingNode]:
    """Return the node that says what each route does; the tree has been found valid before."""
    top = _by_key(root)
    if "weights" in top:
        return {DEFAULT_ROUTE: root}
    routes = top["routes"]
    assert isinstance(routes, Sequence)
    found: dict[str, MappingNode] = {}
    for item in routes.items:
        route = _mapping(item)
        name = _by_key(route)["name"]
        assert isinstance(name, Scalar)
        found[name.value] = route
    return found


def _by_key(node: MappingNode) -> dict[str, Node]:
    return {key.value: value for key, value in node.pairs}


def _weights_of(route: MappingNode) -> MappingNode:
    return _mapping(_by_key(route)["weights"])


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


def _stable_edit(text: str, route: MappingNode, service: str) -> _Edit:
    """Replace the name of stable, or put it before the weights where it is unsaid."""
    said = _by_key(route).get("stable")
    if isinstance(said, Scalar):
        inside = 1 if said.style else 0
        return said.start + inside, said.end - inside, service
    index, key = next((n, key) for n, (key, _) in enumerate(route.pairs) if key.value == "weights")
    entry = _unsaid(text, key, route.pairs[index][1], service)
    at = key.start
    before = re.search(r"\?[ \t]+\Z", text[route.start : at])  # `? weights` is a key as well
    if before:
        at = route.start + before.start()
    if not route.flow:
        separator = _line_break(text, at) + " " * (route.column - 1)
    else:
        separator = _separator(text, route, index)
    return at, at, entry + separator


def _unsaid(text: str, key: Scalar, weights: Node, service: str) -> str:
    """Return an entry for stable, whose key is quoted as that of the weights is and its name as theirs."""
    style = _mapping(weights).pairs[0][0].style
    colon = ":" if key.style and style and text[key.end : key.end + 2] == ":{" else ": "
    return f"{key.style}stable{key.style}{colon}{style}{service}{style}"


def _flow_insertion(text: str, node: MappingNode, added: list[tuple[str, str]]) -> _Edit:
    """Append after the last value, separated as the last two entries are."""
    key, value = node.pairs[-1]
    separator = _separator(text, node, len(node.pairs) - 1)
    at = _end(node, -1)
    return at, at, "".join(separator + _entry(text, key, value, *entry) for entry in added)


def _separator(text: str, node: MappingNode, index: int) -> str:
    """Return what stands before an entry of a mapping in braces, `, ` where that is nothing plain."""
    between = text[_end(node, index - 1) : node.pairs[index][0].start] if index else ""
    return between if re.fullmatch(r"\s*,\s+", between) else ", "


def _block_insertion(text: str, node: MappingNode, added: list[tuple[str, str]]) -> _Edit:
    """Append lines below the line of the last value, at the indentation of the mapping."""
    key, value = node.pairs[-1]
    end_of_line = re.compile(r"[^\r\n]*").match(text, _end(node, -1))
    assert end_of_line is not None
    at = end_of_line.end()
    newline = _line_break(text, at) + " " * (node.column - 1)
    return at, at, "".join(newline + _entry(text, key, value, *entry) for entry in added)


def _line_break(text: str, at: int) -> str:
    """Return the line break at an offset, else that of the file."""
    breaks = re.compile(r"\r\n|\r|\n")
    found = breaks.match(text, at) or breaks.search(text)
    return found[0] if found else "\n"


def _end(node: MappingNode, index: int) -> int:
    value = node.pairs[index][1]
    assert not isinstance(value, Refused)
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
