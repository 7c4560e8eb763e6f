"""Settings as data: a table says which keys a mapping may have and how the value of each is read.

The readers are made by small factories (`whole(1, 64)`, `seconds()`), so that what routing.yaml accepts can
be seen at a glance where the table stands, and so that one mistake has one sentence everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from gateway.routing import fields
from gateway.routing.report import Report, described, entries, mapping, shown, text
from gateway.routing.yaml_nodes import Node, Scalar

KIB, MIB, GIB = 1024, 1024**2, 1024**3
_UNITS = {"": 1, "KiB": KIB, "MiB": MIB, "GiB": GIB}
_SIZE = re.compile(r"([0-9]{1,15}) ?((?:[KMG]iB)?)")
_OTHER_SIZE = re.compile(r"([0-9]{1,15}) ?(k|m|g)(?:i?b)?", re.IGNORECASE)
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?")

_NOT_WANTED = ("off", "false", "no", "none", "null", "never", "disabled")
"""What people write, and other programs read, where something is not wanted."""

Reader = Callable[[Report, Node, str], Any]
"""Takes the report, the value and the name of its key; returns what it means, or notes a problem and None."""


def read_keys(
    report: Report, node: Node, what: str, example: str, readers: Mapping[str, Reader]
) -> tuple[dict[str, Any], dict[str, Node]] | None:
    """Return the meanings and the nodes of a mapping by key, None (and a problem) where it is no mapping."""
    found = mapping(report, node, what, example)
    if found is None:
        return None
    given = entries(report, found, f"`{what}`", tuple(readers))
    return meanings(report, given, readers), given


def meanings(report: Report, given: Mapping[str, Node], readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Return what the values of the keys in `readers` mean; a value that was complained about is left out."""
    read = {key: reader(report, given[key], key) for key, reader in readers.items() if key in given}
    return {key: meaning for key, meaning in read.items() if meaning is not None}


def is_off(node: Node) -> bool:
    """Tell whether the value is `off`."""
    return isinstance(node, Scalar) and node.value == "off"


def or_off(reader: Reader, write: str) -> Reader:
    """Return a reader that takes `false`, `none` and the like as meant, and says to `write` this instead."""

    def read(report: Report, node: Node, what: str) -> Any:
        if isinstance(node, Scalar) and node.value.lower() in _NOT_WANTED and node.value != write:
            report.add(node, f"`{what}` cannot be {described(node)}; to do without it, write `{write}`")
            return None
        return reader(report, node, what)

    return read


def whole(least: int, most: int) -> Reader:
    """Return the reader of a whole number within limits."""
    return lambda report, node, what: fields.whole(report, node, what, least, most)


def seconds(*units: str, zero: bool = False, days: int = 0) -> Reader:
    """Return the reader of a duration; `zero` may be none at all, `days` allows `d`, `w` and so many.

    `units` are those that a number without one may have been meant in, where it is not seconds.
    """
    return lambda report, node, what: fields.duration(report, node, what, zero=zero, days=days, units=units)


def size(least: int, most: int) -> Reader:
    """Return the reader of a number of bytes within limits."""

    def read(report: Report, node: Node, what: str) -> int | None:
        value = text(report, node, what, shown_size(least or most))
        if value is None:
            return None
        found = _SIZE.fullmatch(value)
        if found is None:
            report.add(node, f"`{what}` is {described(node)}: {_size_advice(value)}")
            return None
        meaning = int(found[1]) * _UNITS[found[2]]
        if least <= meaning <= most:
            return meaning
        within = f"from {shown_size(least)} to {shown_size(most)}"
        report.add(node, f"`{what}` must be {within}, not {described(node)}")
        return None

    return read


def _size_advice(value: str) -> str:
    other = _OTHER_SIZE.fullmatch(value)
    if other:
        return f"sizes count in powers of 1024, so write `{other[1]}{other[2].upper()}iB`"
    return "write a whole number of bytes, or one with KiB, MiB or GiB, as in `32KiB`"


def shown_size(value: int) -> str:
    """Return a number of bytes as people write it: 65536 -> `64KiB`."""
    unit = next((unit for unit in ("GiB", "MiB", "KiB") if value and value % _UNITS[unit] == 0), "")
    return f"{value // _UNITS[unit]}{unit}"


def percent(*, zero: bool = True) -> Reader:
    """Return the reader of a share in percent, written without the sign; `zero` may be nothing.

    Less than 1 is refused: it is a fraction that somebody is used to from elsewhere.
    """

    def read(report: Report, node: Node, what: str) -> float | None:
        value = text(report, node, what, "50")
        if value is None:
            return None
        number = float(value) if _PERCENT.fullmatch(value) else None
        if number is not None and (1 <= number <= 100 or (zero and not number)):
            return number
        within = "from 1 to 100, or 0" if zero else "from 1 to 100"
        advice = f"; write `{shown(value.rstrip('% '))}`" if value.endswith("%") else ""
        if number is not None and 0 < number < 1:
            advice = f"; it is not a fraction, so write percent, as in `{number * 100:g}`"
        report.add(
            node,
            f"`{what}` must be a number of percent {within}, without a sign, not {described(node)}{advice}",
        )
        return None

    return read


def flag(report: Report, node: Node, what: str) -> bool | None:
    """Read `true` or `false`."""
    value = choice("true", "false")(report, node, what)
    return None if value is None else value == "true"


def choice(*options: str) -> Reader:
    """Return the reader of one of a few words."""

    def read(report: Report, node: Node, what: str) -> str | None:
        value = text(report, node, what, options[0])
        if value is None or value in options:
            return value
        listed = " or ".join(f"`{option}`" for option in options)
        report.add(node, f"`{what}` must be {listed}, not {described(node)}")
        return None

    return read
