"""The `filter` of a log: which fields of end users' data are kept, which are made unrecognisable."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gateway.requestlog.pattern_check import check_pattern
from gateway.requestlog.policy import PATTERNS, Coarsen, Filter
from gateway.routing.read_settings import Reader, choice, is_off, meanings, or_off
from gateway.routing.read_settings import whole as whole_number
from gateway.routing.read_shares import number
from gateway.routing.report import Report, entries, mapping, sequence, shown, text
from gateway.routing.yaml_nodes import Mapping, Node, Scalar

MOST_NAMES, MOST_PATTERNS, MOST_EDGES = 1000, 50, 100
LONGEST_NAME = 100
_EXAMPLE = "{mode: strict, keep: [age]}` or `strict"
_WORD = re.compile(r"[A-Za-z_-]+")
_mode = choice("open", "strict")


def read_filter(report: Report, node: Node, usual: Filter) -> Filter:
    """Return what reaches the log; what is not given, or wrong, is as in `usual`."""
    if isinstance(node, Scalar) and node.value:
        mode = _mode(report, node, "filter")
        return usual if mode is None else replace(usual, mode=mode)
    found = mapping(report, node, "filter", _EXAMPLE)
    if found is None:
        return usual
    given = entries(report, found, "`filter`", FILTER_KEYS)
    return replace(usual, **meanings(report, given, _READERS))


def _off_or(reader: Reader) -> Reader:
    """Return a reader that takes `off` as an empty list."""
    return or_off(lambda report, node, what: () if is_off(node) else reader(report, node, what), "off")


def names(report: Report, node: Node, what: str) -> tuple[str, ...] | None:
    """Read a list of names of inputs and outputs, each counted once."""
    items = sequence(report, node, what, "[age, postcode]` or `off")
    if items is None:
        return None
    if len(items) > MOST_NAMES:
        report.add(node, f"there are {len(items)} names in `{what}`; at most {MOST_NAMES} are possible")
        return None
    found = [field_name(report, item, what) for item in items]
    return tuple(dict.fromkeys(name for name in found if name is not None))


def field_name(report: Report, node: Node, what: str) -> str | None:
    """Read the name of an input or an output, which its model chose."""
    value = text(report, node, what, "age")
    if value is not None and len(value) > LONGEST_NAME:
        report.add(
            node, f"a name in `{what}` has {len(value)} characters; at most {LONGEST_NAME} are possible"
        )
        return None
    return value


def _patterns(report: Report, node: Node, what: str) -> tuple[str, ...] | None:
    items = sequence(report, node, what, f"[{', '.join(PATTERNS)}]` or `off")
    if items is None:
        return None
    if len(items) > MOST_PATTERNS:
        report.add(node, f"there are {len(items)} patterns in `{what}`; at most {MOST_PATTERNS} are possible")
        return None
    found = [_pattern(report, item, what) for item in items]
    return tuple(dict.fromkeys(pattern for pattern in found if pattern is not None))


def _pattern(report: Report, node: Node, what: str) -> str | None:
    """Read the name of a pattern, or a regular expression."""
    value = text(report, node, what, "email")
    if value is None or value in PATTERNS:
        return value
    near = difflib.get_close_matches(value.lower(), PATTERNS, 1, 0.7) if _WORD.fullmatch(value) else []
    if near:
        itself = f"A word that is to be redacted itself is written `\\b{shown(value)}\\b`"
        message = f"`{shown(value)}` is no known pattern of `{what}`; did you mean `{near[0]}`? {itself}"
        report.add(node, message)
        return None
    why = check_pattern(value)
    if why is None:
        return value
    report.add(node, f"`{shown(value)}` cannot be a pattern of `{what}`: {why}")
    return None


_COARSEN = "{age: {round: 10}, postcode: {truncate: 2}}"


def _coarsen(report: Report, node: Node, what: str) -> tuple[Coarsen, ...] | None:
    found = mapping(report, node, what, f"{_COARSEN}` or `off")
    if found is None:
        return None
    if len(found.pairs) > MOST_NAMES:
        report.add(node, f"there are {len(found.pairs)} names in `{what}`; at most {MOST_NAMES} are possible")
        return None
    return tuple(_rules(report, found, what))


def _rules(report: Report, found: Mapping, what: str) -> Iterator[Coarsen]:
    for key, value in found.pairs:
        name = field_name(report, key, what)
        how = mapping(report, value, shown(key.value), "{round: 10}")
        if name is None or how is None:
            continue
        before = len(report.problems)
        given = entries(report, how, f"`{what}`", tuple(_KINDS))
        if len(given) != 1:
            if len(report.problems) == before:
                report.add(
                    how, f"`{shown(name)}` is coarsened in exactly one way: round, truncate or buckets"
                )
            continue
        [(kind, by)] = given.items()
        rule = _KINDS[kind](report, by, kind)
        if rule is not None:
            yield replace(rule, name=name)


def _round(report: Report, node: Node, what: str) -> Coarsen | None:
    by = number(report, node, what, "10")
    if by is not None and by <= 0:
        report.add(node, f"`{what}` must be above 0, such as `10`: values become multiples of it")
        return None
    return None if by is None else Coarsen("", "round", by)


def _truncate(report: Report, node: Node, what: str) -> Coarsen | None:
    by = whole_number(1, 1_000_000)(report, node, what)
    return None if by is None else Coarsen("", "truncate", float(by))


def _buckets(report: Report, node: Node, what: str) -> Coarsen | None:
    items = sequence(report, node, what, "[0, 10, 100]") or ()
    if len(items) > MOST_EDGES:
        report.add(node, f"there are {len(items)} edges; at most {MOST_EDGES} are possible")
        return None
    edges: list[float] = []
    for item in items:
        edge = number(report, item, what, "10")
        if edge is None:
            return None
        if edges and edge <= edges[-1]:
            report.add(item, f"`{what}` must grow, each once: {edge:g} cannot stand behind {edges[-1]:g}")
            return None
        edges.append(edge)
    return Coarsen("", "buckets", edges=tuple(edges)) if edges else None


_KINDS: dict[str, Any] = {"round": _round, "truncate": _truncate, "buckets": _buckets}
_READERS: dict[str, Reader] = {
    "mode": _mode,
    "keep": _off_or(names),
    "pseudonymise": _off_or(names),
    "coarsen": _off_or(_coarsen),
    "encrypt": _off_or(names),
    "redact": _off_or(_patterns),
}
FILTER_KEYS = tuple(_READERS)
