"""The files with keys that routing.yaml names: what is known of each stands at its own place in it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gateway.routing.report import Report, shown
from gateway.routing.yaml_nodes import Mapping, Node, Scalar, Sequence

WhyNot = Callable[[str], str | None]
"""Takes the path of a file as routing.yaml has it; returns None where it can be used, else a sentence."""


@dataclass(frozen=True, slots=True)
class KeyChecks:
    """What is known of files with keys: of clients, and of the audit trail."""

    clients: WhyNot = lambda _: None
    audit: WhyNot = lambda _: None


UNCHECKED_KEYS = KeyChecks()
"""For callers that have no files beside the text: every file is believed to be there."""


def check_key_files(report: Report, given: dict[str, Node], checks: KeyChecks) -> None:
    """Note each key file of routing.yaml (its values by key) that cannot be used, at its own place."""
    seen: dict[str, str | None] = {}
    for node in _client_files(given):
        if node.value not in seen:
            seen[node.value] = checks.clients(node.value)
        if reason := seen[node.value]:
            report.add(node, f"`keys` cannot be `{shown(node.value)}`: {reason}")
    for node in _values(given.get("admin"), "audit_key"):
        if reason := checks.audit(node.value):
            report.add(node, f"`audit_key` cannot be `{shown(node.value)}`: {reason}")


def _client_files(given: dict[str, Node]) -> Iterator[Scalar]:
    yield from _values(given.get("auth"), "keys")
    routes = given.get("routes")
    for route in routes.items if isinstance(routes, Sequence) else ():
        for auth in _of(route, "auth"):
            yield from _values(auth, "keys")


def _values(node: Node | None, key: str) -> Iterator[Scalar]:
    """Yield what stands under a key, where it is a text: whatever else it is, its reader tells."""
    return (found for found in _of(node, key) if isinstance(found, Scalar) and found.value)


def _of(node: Node | None, key: str) -> Iterator[Node]:
    if isinstance(node, Mapping):
        yield from (value for name, value in node.pairs if name.value == key)
