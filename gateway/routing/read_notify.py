"""The `notify` of routing.yaml: who is told what rollouts do."""

from __future__ import annotations

import shlex
from typing import Literal

from gateway.routing.events import EVENTS
from gateway.routing.read_settings import Reader, meanings, seconds
from gateway.routing.read_web import web_target, with_variables
from gateway.routing.read_words import words
from gateway.routing.report import Report, entries, mapping, sequence
from gateway.routing.rollouts import Notify
from gateway.routing.yaml_nodes import Node

Kind = Literal["webhook", "slack", "command", "file"]
MAX_NOTIFIED = 50
_EXAMPLE = "{webhook: https://ci.example/rollouts}"


def _command(report: Report, node: Node, what: str) -> str | None:
    """Read a command line, which is split as a shell would but run without one."""
    value = with_variables(report, node, what, "/usr/local/bin/page on-call")
    if value is None:
        return None
    try:
        shlex.split(value)
    except ValueError as error:
        reason = "a quote is never closed" if "quot" in str(error) else "a backslash ends it"
        report.add(node, f"`{what}` cannot be split into words: {reason}")
        return None
    return value


def _file(report: Report, node: Node, what: str) -> str | None:
    return with_variables(report, node, what, "rollouts.jsonl")


_KINDS: dict[Kind, Reader] = {"webhook": web_target, "slack": web_target, "command": _command, "file": _file}
_OTHERS: dict[str, Reader] = {
    "secret": lambda report, node, what: with_variables(report, node, what, "${HOOK_SECRET}"),
    "on": lambda report, node, what: words(report, node, what, EVENTS),
    "timeout": seconds("ms", "s"),
}


def read_notify(report: Report, node: Node) -> tuple[Notify, ...]:
    """Return those to tell that can be read."""
    items = sequence(report, node, "notify", f"[{_EXAMPLE}]") or ()
    if len(items) > MAX_NOTIFIED:
        report.add(node, f"there are {len(items)} to notify; at most {MAX_NOTIFIED} are possible")
        return ()
    found = (_notified(report, item) for item in items)
    return tuple(notify for notify in found if notify is not None)


def _notified(report: Report, node: Node) -> Notify | None:
    found = mapping(report, node, "notify", _EXAMPLE)
    if found is None:
        return None
    before = len(report.problems)
    given = entries(report, found, "`notify`", (*_KINDS, *_OTHERS))
    kinds = [kind for kind in _KINDS if kind in given]
    if len(kinds) != 1:
        listed = ", ".join(f"`{kind}`" for kind in _KINDS)
        if kinds or len(report.problems) == before:
            report.add(found, f"each item of `notify` has exactly one of {listed}; make it one item for each")
        return None
    [kind] = kinds
    if "secret" in given and kind != "webhook":
        report.add(given["secret"], f"`secret` signs a `webhook`; a `{kind}` has no use for it, delete it")
    target = _KINDS[kind](report, given[kind], kind)
    others = meanings(report, given, _OTHERS)
    return None if target is None else Notify(kind, target, **others)
