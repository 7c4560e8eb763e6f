"""Which inputs and outputs the predictions of some records have, and of which types: the records say it.

Only those that were answered 2xx are asked: what a client invents makes no column.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.requestlog.predictions_schema import Side, parsed_of, values_of, widest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST = 256
"""Names of inputs, and of outputs, that become columns; the most frequent ones. All stay in `requests`."""
_BIGGEST = 2**63 - 1
_LONG_NUMBER = "'[0-9]{19}'"

_INTEGERS = ("UBIGINT", "BIGINT", "HUGEINT")
_LONGEST_NAME = 200


@dataclass(slots=True)
class Names:
    """The names of one side in the order of their first use, each with its type; exact spellings."""

    types: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, structure: str | None, count: int) -> None:
        """Take in what `json_structure` says of records that are alike."""
        if structure is None:
            return
        found = json.loads(structure)
        for name, value in found.items() if isinstance(found, dict) else ():
            if isinstance(value, list) and name.isprintable() and 0 < len(name) <= _LONGEST_NAME:
                kind = _kind(value)
                self.types[name] = widest(self.types.get(name, kind), kind)
                self.counts[name] = self.counts.get(name, 0) + count

    def frequent(self) -> dict[str, str]:
        """Return the names that become columns, with their types."""
        if len(self.types) <= MOST:
            return dict(self.types)
        kept = set(sorted(self.types, key=lambda name: -self.counts[name])[:MOST])
        return {name: kind for name, kind in self.types.items() if name in kept}


def learn(connection: DuckDBPyConnection, source: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the inputs and outputs, each with its type, of the records of a query `source`."""
    inputs, outputs = Names(), Names()
    has_long = False
    answered = "status BETWEEN 200 AND 299 AND (inputs IS NOT NULL OR outputs IS NOT NULL)"
    for one, other, count, is_long in connection.execute(
        "SELECT json_structure(inputs) AS i, json_structure(outputs) AS o, count(*), "  # noqa: S608 - our own
        f"bool_or(regexp_matches(inputs, {_LONG_NUMBER}) OR regexp_matches(outputs, {_LONG_NUMBER})) "
        f"FROM ({source}) WHERE {answered} GROUP BY i, o"
    ).fetchall():
        inputs.add(one, count)
        outputs.add(other, count)
        has_long = has_long or bool(is_long)
    found = inputs.frequent(), outputs.frequent()
    if has_long:
        _widen(connection, source, "inputs", found[0])
        _widen(connection, source, "outputs", found[1])
    return found


def _widen(connection: DuckDBPyConnection, source: str, side: Side, names: dict[str, str]) -> None:
    """Make text of integers that 64 bits with a sign do not hold, such as hashes used as identities."""
    for name in [name for name, kind in names.items() if kind == "BIGINT"]:
        values = values_of(side, {name: "UBIGINT"}, name)
        parsed = parsed_of(side, {name: "UBIGINT"})
        found = connection.execute(
            f"SELECT max(list_max({values})) FROM (SELECT {parsed} AS {side[0]} FROM ({source}))"  # noqa: S608
        ).fetchone()
        if found is not None and found[0] is not None and found[0] > _BIGGEST:
            names[name] = "VARCHAR"


def _kind(value: list[object]) -> str:
    """Return the type of a list's items as `json_structure` tells them."""
    item = value[0] if len(value) == 1 else "JSON"
    if item in _INTEGERS:
        return "BIGINT"
    return item if isinstance(item, str) and item in ("DOUBLE", "BOOLEAN", "VARCHAR", "NULL") else "VARCHAR"
