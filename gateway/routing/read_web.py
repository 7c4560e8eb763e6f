"""Addresses of the web that the gateway itself calls: hooks, judges elsewhere, and those who are notified."""

from __future__ import annotations

import re

from gateway.routing.read_settings import Reader
from gateway.routing.read_urls import parse_url
from gateway.routing.report import Report, described, text
from gateway.routing.yaml_nodes import Node

_LONGEST = 2000
_PARTS = re.compile(r"([^/?#]*(?://[^/?#]*)?)(.*)")
_REST = re.compile(r"(?:[/?][!$&-;=?@A-Z\[\]_a-z~%]*)?")
_KEY_ITSELF = re.compile(r"[0-9A-Fa-f]{64}|[A-Za-z0-9+/_-]{43}=?")
_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]{0,99}\}")


def web_url(report: Report, node: Node, what: str) -> str | None:
    """Read an address at http or https, with or without a path and a query."""
    value = text(report, node, what, "https://ci.example/gate")
    reason = None if value is None else _why_no_url(value)
    if reason is None:
        return value
    report.add(node, f"`{what}` is {described(node)}: it {reason}")
    return None


def web_target(report: Report, node: Node, what: str) -> str | None:
    """Read such an address where `${NAME}` may stand for parts of it, or for all of it."""
    value = with_variables(report, node, what, "https://ci.example/rollouts")
    if value is None or value.startswith("${"):
        return value
    reason = _why_no_url(_VARIABLE.sub("x", value))
    if reason is None:
        return value
    report.add(node, f"`{what}` is {described(node)}: it {reason}")
    return None


def with_variables(report: Report, node: Node, what: str, example: str) -> str | None:
    """Read a text in which `${NAME}` stands for what the environment has; it is kept as written."""
    value = text(report, node, what, example)
    if value is None or "${" not in _VARIABLE.sub("", value):
        return value
    report.add(
        node,
        f"`{what}` has a `${{` without a name and a `}}` behind it; a variable is written `${{HOOK_SECRET}}`",
    )
    return None


def key_place(example: str) -> Reader:
    """Return the reader of where a key is: a variable of the environment, or a file; never the key itself."""

    def read(report: Report, node: Node, what: str) -> str | None:
        value = with_variables(report, node, what, example)
        if value is not None and _KEY_ITSELF.fullmatch(value):
            report.add(
                node,
                f"`{what}` looks like the key itself, which must not stand in this file; put it into the"
                f" environment and write `{example}`, or into a file and write its path",
            )
            return None
        return value

    return read


def _why_no_url(value: str) -> str | None:
    """Return what is wrong with an address, None where nothing is."""
    if len(value) > _LONGEST:
        return "is far too long"
    parts = _PARTS.fullmatch(value)
    assert parts is not None  # it takes any line
    found = parse_url(parts[1])
    if isinstance(found, str):
        return found if "has no scheme" not in found else f"has no scheme: write `https://{value:.60}`"
    if "#" in parts[2]:
        return "must not have a fragment (`#`); a server never sees it"
    if not _REST.fullmatch(parts[2]):
        return "may hold only the characters of a URL; write others as in `%20`"
    return None
