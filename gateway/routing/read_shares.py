"""Shares and plain numbers: `10%` is 0.1, and so is `0.1`; what could be either is asked about."""

from __future__ import annotations

import re

from gateway.routing.report import Report, described, text
from gateway.routing.yaml_nodes import Node

_SHARE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,12})?) ?(%?)")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?")


def share(report: Report, node: Node, what: str) -> float | None:
    """Read a share of a whole, `10%` or `0.1`; a fraction from 0 to 1."""
    value = text(report, node, what, "10%")
    if value is None:
        return None
    found = share_of(value)
    if isinstance(found, float):
        return found
    report.add(node, f"`{what}` is {described(node)}: {found}")
    return None


def share_of(value: str) -> float | str:
    """Return what a share means, or what is wrong with it."""
    found = _SHARE.fullmatch(value)
    if found is None:
        return "write a share from `0%` to `100%`, such as `10%` or `0.1`"
    meaning = float(found[1]) / 100 if found[2] else float(found[1])
    if meaning <= 1:
        return meaning
    if not found[2] and meaning <= 100:
        return f"a share is at most 1; is it percent, then write `{meaning:g}%`"
    return "a share is at most `100%`"


def number(report: Report, node: Node, what: str, example: str) -> float | None:
    """Read a decimal number, which may be negative."""
    value = text(report, node, what, example)
    if value is None or _NUMBER.fullmatch(value):
        return None if value is None else float(value)
    report.add(node, f"`{what}` must be a number such as `{example}`, not {described(node)}")
    return None
