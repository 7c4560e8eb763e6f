"""How single values are written in routing.yaml: durations, addresses, names, numbers.

Each reader takes the node and returns the value, or notes what is wrong and returns None. Numbers and
durations are stricter than Python's own: `nan`, `1e3`, `0x10` and `90%` are refused with a sentence each.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from gateway.routing.addresses import Address, parse_address
from gateway.routing.report import Report, described, shown, text
from gateway.routing.yaml_nodes import Node, Scalar

Units = tuple[str, ...]
MAX_SECONDS = 24 * 3600.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}")
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")
_DURATION = re.compile(
    r"(?=[0-9])(?:([0-9]{1,4})w)?(?:([0-9]{1,5})d)?(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)h)?"
    r"(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)m(?!s))?(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)s)?(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)ms)?"
)
_DAY = 86_400.0
_USUAL: Units = ("s",)
_LONG: Units = ("s", "m", "h", "d")
_SECONDS = (7 * _DAY, _DAY, 3600.0, 60.0, 1.0, 0.001)
_SEGMENTS = re.compile(r"/|(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]+)+")

Known = Mapping[str, object] | None
"""The names of the services, None where `services` could not be read and nothing can be said."""

_NOT_DECIMAL = (
    (r"[0-9.]+ ?%", "drop the percent sign: weights are proportional, so write `{number}`"),
    (r"-.*", "it must not be negative; 0 sends no request at all"),
    (r"[+.]?(?:nan|inf|infinity)", "it must be a finite number"),
    (r"[0-9]+,[0-9]+", "write a decimal point instead of the comma"),
    (r"[0-9.]+e[+-]?[0-9]+", "write the number without an exponent"),
    (r"[0-9.]+", "write it with at most nine digits before the point and twelve behind it, as in `12.5`"),
)


def name(report: Report, node: Node, what: str) -> str | None:
    """Read the name of a service or route."""
    value = text(report, node, what, "blue")
    if value is None or _NAME.fullmatch(value):
        return value
    report.add(
        node,
        f"{described(node)} cannot be a name: write up to 63 of A-Z a-z 0-9 . _ -, a letter or digit first",
    )
    return None


def service(report: Report, node: Node, what: str, known: Known) -> str | None:
    """Read the name of a service that exists."""
    value = text(report, node, what, "blue")
    if value is None or known is None or value in known:
        return value
    assert isinstance(node, Scalar)
    report.unknown(node, "service", known)
    return None


def token(report: Report, node: Node, what: str, example: str) -> str | None:
    """Read the name of a header or a cookie."""
    value = text(report, node, what, example)
    if value is None or _TOKEN.fullmatch(value):
        return value
    report.add(node, f"{described(node)} cannot be the name of a {what}; write something like `{example}`")
    return None


def decimal(report: Report, node: Node, what: str) -> float | None:
    """Read a number that is not negative, written in plain decimal digits."""
    value = text(report, node, what, "90")
    if value is None or _DECIMAL.fullmatch(value):
        return None if value is None else float(value)
    fitting = (advice for pattern, advice in _NOT_DECIMAL if re.fullmatch(pattern, value, re.IGNORECASE))
    advice = next(fitting, "write a plain number such as `90` or `2.5`")
    number = value.rstrip("% ")
    report.add(node, f"the weight of `{what}` is {described(node)}: {advice.format(number=number)}")
    return None


def whole(report: Report, node: Node, what: str, least: int, most: int) -> int | None:
    """Read a whole number within limits."""
    value = text(report, node, what, str(least))
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", value) and least <= int(value) <= most:
        return int(value)
    report.add(node, f"`{what}` must be a whole number from {least} to {most}, not {described(node)}")
    return None


def duration(
    report: Report, node: Node, what: str, *, zero: bool = False, days: int = 0, units: Units = ()
) -> float | None:
    """Read a duration such as `250ms`, `10m` or `1h30m`; in seconds, above 0 and at most a day.

    `zero` allows 0 as well; `days` allows the units `d` and `w`, and so many days; `units` are those in which
    somebody may have meant a number without any.
    """
    value = text(report, node, what, "10s")
    if value is None:
        return None
    found = _DURATION.fullmatch(value)
    if not found or ((found[1] or found[2]) and not days):
        report.add(node, f"`{what}` is {described(node)}: {_duration_advice(value, days, units)}")
        return None
    seconds = math.fsum(
        float(part) * unit for part, unit in zip(found.groups(), _SECONDS, strict=True) if part
    )
    if seconds <= (days * _DAY or MAX_SECONDS) and (seconds > 0 or zero):
        return seconds
    least, most = "" if zero else "longer than nothing and ", f"{days}d" if days else "24h"
    report.add(node, f"`{what}` is {described(node)}: it must be {least}at most {most}")
    return None


def _duration_advice(value: str, days: int, units: Units) -> str:
    if re.fullmatch(r"[0-9.]+", value):
        *others, last = [f"`{shown(value)}{unit}`" for unit in units or (_LONG if days else _USUAL)]
        return f"say the unit, as in {', '.join(others)}{' or ' if others else ''}{last}"
    return "write it as `365d`, `12h` or `1h30m`" if days else "write it as `250ms`, `10s` or `1h30m`"


def address(report: Report, node: Node, what: str, example: str) -> Address | None:
    """Read `host:port`; port 0 means any free one."""
    value = text(report, node, what, example)
    if value is None:
        return None
    found = parse_address(value)
    if isinstance(found, Address):
        return found
    report.add(node, f"`{what}` is {described(node)}: {found}; write it like `{example}`")
    return None


def path(report: Report, node: Node) -> str | None:
    """Read a path prefix: absolute, in plain segments, without a trailing slash."""
    value = text(report, node, "path", "/v2/models/late")
    if value is None:
        return None
    complaint = _bad_path(value)
    if complaint is None:
        return value
    report.add(node, f"the path {described(node)} {complaint}")
    return None


def _bad_path(value: str) -> str | None:
    """Return what is wrong with a path, None where nothing is."""
    if "://" in value:
        return "must be without scheme and host"
    if not value.startswith("/"):
        return f"must begin with a slash: write `{shown(_mended(value))}`"
    if ";" in value or "," in value:
        return "must not contain `;` or `,`, which mean something else in cookies"
    if "?" in value or "#" in value:
        return "must not have a query or fragment; only the path is matched"
    if "//" in value:
        return f"has an empty segment: write `{shown(_mended(value))}`"
    if value != "/" and value.endswith("/"):
        return f"must not end in a slash: write `{shown(value.rstrip('/'))}` (it covers what is below it)"
    if any(segment in (".", "..") for segment in value.split("/")):
        return "must not contain `.` or `..` segments; write where it really leads"
    if "*" in value.rsplit("/", 1)[-1]:
        return f"has no wildcards: a path covers everything below it, so write `{shown(_mended(value))}`"
    if not _SEGMENTS.fullmatch(value) or len(value) > 2000:
        return "may hold only letters, digits and -._~!$&'()*+,;=:@ in its segments (no spaces, no %)"
    return None


def _mended(value: str) -> str:
    """Return the path that was probably meant, where slashes are too many or few or a wildcard ends it."""
    segments = value.lstrip("./").rstrip("/*").split("/")
    return "/" + "/".join(segment for segment in segments if segment)


def shown_duration(seconds: float, *, days: bool = False) -> str:
    """Return a duration as people write it: 300.0 -> `5m`, 0.25 -> `250ms`; `days` allows the unit `d`."""
    if seconds < 1:
        return f"{seconds * 1000:g}ms" if seconds else "0s"
    units = (("d", 86_400), ("h", 3600), ("m", 60)) if days else (("h", 3600), ("m", 60))
    for unit, length in units:
        if seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"
