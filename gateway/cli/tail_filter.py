"""Conditions on records, such as `latency_ms > 250` or `inputs.carrier = UA`: one meaning in SQL and here.

A condition on a field that a record does not have is not met. Inputs and outputs are those of its first row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any

from gateway.cli.common import WrongUsage
from gateway.requestlog.columns import COLUMNS
from gateway.requestlog.formats import identifier, literal

if TYPE_CHECKING:
    from gateway.routing.plan import RoutingPlan

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": le, ">=": ge, "!=": ne, "<>": ne, "=": eq, "<": lt, ">": gt,
}  # fmt: skip
_CONDITION = re.compile(r"\s*([A-Za-z_][\w.]*)\s*(<=|>=|!=|<>|=|<|>)\s*(.+?)\s*")
_UNQUOTED = r"(?=(?:[^']*'[^']*')*[^']*$)"
_AND = re.compile(rf"\s+and\s+{_UNQUOTED}", re.IGNORECASE)
_OR = re.compile(rf"\s+or\s+{_UNQUOTED}", re.IGNORECASE)
_PSEUDONYM = re.compile(r"p_[0-9a-f]{24}")
_STATUS = re.compile(r"[1-5]xx|[0-9]{1,3}")
_ON_KEYS = ("=", "!=", "<>")
_NUMBERS = ("BIGINT", "SMALLINT", "DOUBLE")


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; `value` is a number where the field is one."""

    field: str
    operator: str
    value: str | float

    def holds(self, record: Mapping[str, Any]) -> bool:
        """Tell whether a record meets it."""
        found = _value(record, self.field)
        if isinstance(self.value, float) and not isinstance(found, int | float):
            found = _number(str(found))
        elif isinstance(self.value, float) and isinstance(found, bool):
            return False
        if isinstance(self.value, str) and found is not None:
            found = found if isinstance(found, str) else str(found).lower()
        return found is not None and OPERATORS[self.operator](found, self.value)

    def sql(self) -> str:
        """Return it as SQL on the view `requests`."""
        side, _, name = self.field.partition(".")
        if not name:
            left = identifier(self.field)
        else:
            pointer = "/" + name.replace("~", "~0").replace("/", "~1") + "/0"
            left = f"json_extract_string({side}, {literal(pointer)})"
        if isinstance(self.value, float):
            return f"TRY_CAST({left} AS DOUBLE) {self.operator} {self.value!r}"
        return f"{left}::VARCHAR {self.operator} {literal(self.value)}"


def conditions(route: str, version: str, status: str, where: list[str]) -> list[Condition]:
    """Return what the options ask for; raises WrongUsage where that cannot be understood."""
    found = [Condition(name, "=", text) for name, text in (("route", route), ("version", version)) if text]
    if status:
        if not _STATUS.fullmatch(status):
            raise WrongUsage(f"--status {status}: write it as 503 or 5xx")
        if status.endswith("xx"):
            low = float(status[0]) * 100
            found += [Condition("status", ">=", low), Condition("status", "<", low + 100)]
        else:
            found.append(Condition("status", "=", float(status)))
    return found + [_condition(part) for text in where for part in _AND.split(text)]


def with_pseudonyms(wanted: list[Condition], pseudonym: Callable[[str], str]) -> list[Condition]:
    """Return the conditions with users' keys as the log has them: `pseudonym` makes one of a key."""
    return [
        replace(one, value=pseudonym(str(one.value)))
        if one.field == "key" and one.operator in _ON_KEYS and not _PSEUDONYM.fullmatch(str(one.value))
        else one
        for one in wanted
    ]


def check_names(plan: RoutingPlan, route: str, version: str) -> None:
    """Raise WrongUsage where the plan knows no such route, or no such version (of the route, if given)."""
    routes = {one.name: [name for name, _ in one.weights] for one in plan.routes}
    if route and route not in routes:
        raise WrongUsage(
            f"--route {route}: there is no such route; there are {', '.join(routes) or 'none'}. Records of "
            f"one that was removed are shown by --where 'route = {route}'"
        )
    versions = dict.fromkeys(name for one in ([route] if route else routes) for name in routes[one])
    if version and version not in versions:
        whose = f" of route {route}" if route else ""
        raise WrongUsage(
            f"--version {version}: there is no such version{whose}; there are {', '.join(versions) or 'none'}"
            f". Records of one that was removed are shown by --where 'version = {version}'"
        )


def _condition(text: str) -> Condition:
    if _OR.search(text):
        raise WrongUsage(
            f"--where {text}: only AND joins comparisons; ask with OR in SQL, by gateway query, or put "
            "quotes round a value that holds the word: 'this or that'"
        )
    found = _CONDITION.fullmatch(text)
    if not found:
        raise WrongUsage(f"--where {text}: write it as in latency_ms > 250 or inputs.carrier = UA")
    field, operator, value = found.groups()
    side = field.partition(".")[0]
    if field not in COLUMNS and not (side in ("inputs", "outputs") and "." in field):
        names = ", ".join(COLUMNS)
        raise WrongUsage(f"--where {text}: there is no field {field}; there are {names}, inputs.x, outputs.x")
    is_text = value[0] == value[-1] and value[0] in "'\"" and len(value) > 1
    if is_text:
        value = value[1:-1].replace(value[0] * 2, value[0])
    number = None if is_text else _number(value)
    if field in COLUMNS and COLUMNS[field] in _NUMBERS and number is None:
        raise WrongUsage(f"--where {text}: {field} is a number, and {value} is none")
    is_number = number is not None and (field not in COLUMNS or COLUMNS[field] in _NUMBERS)
    return Condition(field, operator, number if is_number and number is not None else value)


def _value(record: Mapping[str, Any], field: str) -> Any:
    side, _, name = field.partition(".")
    if not name:
        return record.get(field)
    values = (record.get(side) or {}).get(name)
    return values[0] if isinstance(values, list) and values else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
