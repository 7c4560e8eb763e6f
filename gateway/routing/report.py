"""Collects everything wrong with a file, so that a person mends it in one go.

The readers of routing.yaml do not stop at a mistake: they note it here, return None for the value, and go
on. The helpers say the same thing in the same words wherever it can go wrong.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from collections.abc import Mapping as MappingType

from gateway.errors import ConfigError, Problem
from gateway.routing.yaml_nodes import Mapping, Node, Refused, Scalar, Sequence

MAX_PROBLEMS = 50
_LISTED = 12


Homes = MappingType[str, Collection[str]]
"""The keys of each kind of mapping, so that a key in the wrong one is told where it belongs."""


class Report:
    """The problems found so far."""

    def __init__(self, problems: Iterable[Problem] = (), homes: Homes | None = None) -> None:
        self.problems = list(problems)
        self._homes = homes or {}

    def add(self, node: Node, message: str) -> None:
        """Note a problem at the place of a node."""
        self.problems.append(Problem(node.line, node.column, message))

    def unknown(self, node: Scalar, kind: str, known: Iterable[str], listed: int = _LISTED) -> str:
        """Note that a name is none of the known ones; names and returns the nearest (else empty).

        At most `listed` of the known ones are spelled out.
        """
        if len(self.problems) > MAX_PROBLEMS:  # nobody reads that far, and looking for neighbours is slow
            self.add(node, f"`{shown(node.value)}` is not a known {kind}")
            return ""
        names = list(known)
        guess = difflib.get_close_matches(node.value[:80], names, n=1, cutoff=0.6)
        hint = f"; did you mean `{guess[0]}`?" if guess else "."
        more = f" and {len(names) - listed} more" if len(names) > listed else ""
        spelled = ", ".join(names[:listed])
        self.add(node, f"`{shown(node.value)}` is not a known {kind}{hint} Known: {spelled}{more}")
        return guess[0] if guess else ""

    def unknown_key(self, key: Scalar, what: str, known: tuple[str, ...]) -> str:
        """Note that a key is none of `what`, and where it belongs; returns the nearest (else empty)."""
        homes = [home for home, keys in self._homes.items() if key.value in keys]
        if not homes:
            return self.unknown(key, f"key of {what}", known, len(known))
        belongs = " or of ".join(homes)
        self.add(key, f"`{key.value}` is not a key of {what}: it is a key of {belongs}; move it there")
        return ""

    def check(self, file: str) -> None:
        """Raise ConfigError where anything was noted; at most `MAX_PROBLEMS` are spelled out."""
        if not self.problems:
            return
        ordered = sorted(self.problems, key=lambda problem: (problem.line, problem.column))
        if len(ordered) > MAX_PROBLEMS:
            rest = ordered[MAX_PROBLEMS:]
            more = Problem(rest[0].line, rest[0].column, f"and {len(rest)} more problems from here on")
            ordered = [*ordered[:MAX_PROBLEMS], more]
        raise ConfigError(file, ordered)


def shown(value: str) -> str:
    """Return a value as it fits into a sentence: on one line, visible, not endless."""
    short = value if len(value) <= 60 else value[:57] + "..."
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in short)


def mapping(report: Report, node: Node, what: str, example: str) -> Mapping | None:
    """Return the node if it is a mapping with something in it; else note what was expected."""
    if isinstance(node, Mapping) and node.pairs:
        return node
    _expected(report, node, what, f"a mapping such as `{example}`")
    return None


def sequence(report: Report, node: Node, what: str, example: str) -> tuple[Node, ...] | None:
    """Return the items of a list with something in it; else note what was expected."""
    if isinstance(node, Sequence) and node.items:
        return node.items
    _expected(report, node, what, f"a list such as `{example}`")
    return None


def text(report: Report, node: Node, what: str, example: str) -> str | None:
    """Return a value written on one line, as a non-empty string; else note what was expected."""
    if not isinstance(node, Scalar) or not node.value:
        _expected(report, node, what, f"a single value such as `{example}`")
        return None
    if node.style in ("|", ">"):
        report.add(node, f"`{what}` must have its value on the same line, not in a `{node.style}` block")
        return None
    if not node.value.isprintable():
        report.add(node, f"`{what}` has invisible characters in it: `{shown(node.value)}`; retype it")
        return None
    if node.value[0] in "“”„‘’":
        report.add(node, f"`{what}` is in typographic quotes; use plain ones or none")
        return None
    return node.value


def _expected(report: Report, node: Node, what: str, wanted: str) -> None:
    if is_left_out(node):
        report.add(node, f"`{what}` is empty; it must be {wanted}")
    elif not isinstance(node, Refused):
        report.add(node, f"`{what}` must be {wanted}, not {described(node)}")


def described(node: Node) -> str:
    """Return what a node is, in the words of a person who never read the YAML specification."""
    if isinstance(node, Mapping):
        return "a mapping" if node.pairs else "an empty mapping"
    if isinstance(node, Sequence):
        return "a list" if node.items else "an empty list"
    return f"`{shown(node.value)}`" if isinstance(node, Scalar) and node.value else "an empty text"


def entries(report: Report, node: Mapping, what: str, known: tuple[str, ...]) -> dict[str, Node]:
    """Return the values of a mapping by key, noting every key that is not known.

    A key that was surely meant counts as there, with nothing more to say about its value: the misspelling
    has been told, that the right spelling is missing would be one message too many.
    """
    found: dict[str, Node] = {}
    meant: list[tuple[str, Scalar]] = []
    for key, value in node.pairs:
        if key.value in known:
            found[key.value] = value
        elif is_missing_space(key, value):
            report.add(key, missing_space(key))
            meant.append((key.value.partition(":")[0], key))
        else:
            meant.append((report.unknown_key(key, what, known), key))
    for name, key in meant:
        if name in known:
            found.setdefault(name, Refused(key.line, key.column))
    return found


def is_left_out(node: Node) -> bool:
    """Tell whether a key stands there without any value."""
    return isinstance(node, Scalar) and not node.value and not node.style


def is_missing_space(key: Scalar, value: Node) -> bool:
    """Tell whether `key:value` was written where `key: value` was meant."""
    return is_left_out(value) and not key.style and ":" in key.value.rstrip(":")


def missing_space(key: Scalar) -> str:
    """Return the sentence for `is_missing_space`."""
    name, _, rest = key.value.partition(":")
    return f"a space is missing after the `:`; write `{shown(name)}: {shown(rest)}`"
