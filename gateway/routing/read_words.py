"""Lists of a few known words, such as the events somebody wants to be told."""

from __future__ import annotations

from gateway.routing.report import Report, sequence, text
from gateway.routing.yaml_nodes import Node, Scalar


def words(report: Report, node: Node, what: str, known: tuple[str, ...]) -> tuple[str, ...] | None:
    """Read a list of some of the known words, each once."""
    items = sequence(report, node, what, f"[{', '.join(known[:2])}]")
    if items is None:
        return None
    found: list[str] = []
    for item in items:
        word = text(report, item, what, known[0])
        if word is None:
            return None
        if word not in known:
            assert isinstance(item, Scalar)
            report.unknown(item, f"word of `{what}`", known)
            return None
        found.append(word)
    return tuple(dict.fromkeys(found))
