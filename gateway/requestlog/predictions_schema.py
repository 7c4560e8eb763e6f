"""Which columns the predictions of some records have, and the SQL that makes rows of them.

A record holds one list per input and output; a prediction is one place in all of them. The names and types
come from the records themselves, those that were answered 2xx only: what a client invents
makes no column. Where a record's output has the name of one of its own inputs, it goes to `<name>_out`;
one that has the name of a column of `BASE` gets `_in` or `_out`. What is neither number, text nor truth value
is text in JSON, and so is what is sometimes one and sometimes another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gateway.requestlog.formats import identifier, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BASE: dict[str, str] = {
    "id": "VARCHAR",
    "row": "INTEGER",  # from 0, within the request
    "ts": "TIMESTAMPTZ",
    "route": "VARCHAR",
    "version": "VARCHAR",
    "model": "VARCHAR",
    "revision": "BIGINT",
    "status": "SMALLINT",
    "key": "VARCHAR",
}
MOST = 256
"""Names of inputs, and of outputs, that become columns; the most frequent ones. All stay in `requests`."""
_BIGGEST = 2**63 - 1
_LONG_NUMBER = "'[0-9]{19}'"

_INTEGERS = ("UBIGINT", "BIGINT", "HUGEINT")
_LONGEST_NAME = 200
Side = Literal["inputs", "outputs"]


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


def widest(one: str, other: str) -> str:
    """Return the type that holds values of both."""
    if one == other or other == "NULL":
        return one
    if one == "NULL":
        return other
    return "DOUBLE" if {one, other} == {"BIGINT", "DOUBLE"} else "VARCHAR"


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
        values = _values(side, {name: "UBIGINT"}, name)
        parsed = _parsed(side, {name: "UBIGINT"})
        found = connection.execute(
            f"SELECT max(list_max({values})) FROM (SELECT {parsed} AS {side[0]} FROM ({source}))"  # noqa: S608
        ).fetchone()
        if found is not None and found[0] is not None and found[0] > _BIGGEST:
            names[name] = "VARCHAR"


def rows_of(source: str, inputs: dict[str, str], outputs: dict[str, str]) -> str:
    """Return a query for one row per prediction of the records in `source`, with their columns' names."""
    columns = _columns(inputs, outputs)
    if not columns:
        return f"SELECT {_base('0')} FROM ({source}) WHERE false"  # noqa: S608 - made here
    parsed = f"{_parsed('inputs', inputs)} AS i, {_parsed('outputs', outputs)} AS o"
    lists = ", ".join(f"{made} AS c{number}" for number, made in enumerate(columns.values()))
    lengths = ", ".join(f"len(c{number})" for number in range(len(columns)))
    unnested = ", ".join(f"unnest(c{n}) AS {identifier(name)}" for n, name in enumerate(columns))
    kept = ", ".join(name for name in BASE if name != "row")
    # No condition on the lists: it would be evaluated on the parsed JSON once more. None has no rows anyway.
    return (
        f"SELECT {_base('unnest(range(rows))::INTEGER')}, {unnested} FROM ("  # noqa: S608
        f"SELECT *, greatest({lengths}, 0) AS rows FROM ("
        f"SELECT {kept}, {lists} FROM ("
        f"SELECT {kept}, inputs, outputs, {parsed} FROM ({source}) "
        "WHERE inputs IS NOT NULL OR outputs IS NOT NULL"
        ")))"
    )


def _base(row: str) -> str:
    return ", ".join(f"{row} AS row" if name == "row" else name for name in BASE)


def _columns(inputs: dict[str, str], outputs: dict[str, str]) -> dict[str, str]:
    """Return the columns in their order: the name, and the SQL of its list of values."""
    made: dict[str, _Column] = {}
    for name, kind in inputs.items():
        clashes = name.casefold() in BASE
        _put(made, f"{name}_in" if clashes else name, _values("inputs", inputs, name), kind)
    for name, kind in outputs.items():
        value = _values("outputs", outputs, name)
        twins = [_values("inputs", inputs, twin) for twin in inputs if twin.casefold() == name.casefold()]
        if name.casefold() in BASE:
            _put(made, f"{name}_out", value, kind)
        elif twins:
            both = " OR ".join(f"{twin} IS NOT NULL" for twin in twins)
            _put(made, name, f"CASE WHEN NOT ({both}) THEN {value} END", kind)
            _put(made, f"{name}_out", f"CASE WHEN {both} THEN {value} END", kind)
        else:
            _put(made, name, value, kind)
    return {column.name: column.sql() for column in made.values()}


@dataclass(slots=True)
class _Column:
    name: str
    parts: list[str]
    kind: str

    def sql(self) -> str:
        typed = [f"({part})::{_type(self.kind)}[]" for part in self.parts]
        return typed[0] if len(typed) == 1 else f"coalesce({', '.join(typed)})"


def _put(made: dict[str, _Column], name: str, part: str, kind: str) -> None:
    column = made.setdefault(name.casefold(), _Column(name, [], kind))
    column.parts.append(part)
    column.kind = widest(column.kind, kind)


def _values(side: Side, names: dict[str, str], name: str) -> str:
    """Return the SQL of one name's list. SQL does not tell apart names that differ in case only, JSON does:
    all but the first of them are taken out one by one."""
    if name in _first_spellings(names):
        return f"{side[0]}.{identifier(name)}"
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    return f"from_json(json_extract({side}, {literal(pointer)}), '[\"{_type(names[name])}\"]')"


def _parsed(side: Side, names: dict[str, str]) -> str:
    structure = {name: [_type(names[name])] for name in _first_spellings(names)}
    return f"from_json({side}, {literal(json.dumps(structure))})" if structure else "NULL"


def _first_spellings(names: dict[str, str]) -> set[str]:
    return set({name.casefold(): name for name in reversed(names)}.values())


def _type(kind: str) -> str:
    return "BOOLEAN" if kind == "NULL" else kind  # gives way to any other type where files are read together


def _kind(value: list[object]) -> str:
    """Return the type of a list's items as `json_structure` tells them."""
    item = value[0] if len(value) == 1 else "JSON"
    if item in _INTEGERS:
        return "BIGINT"
    return item if isinstance(item, str) and item in ("DOUBLE", "BOOLEAN", "VARCHAR", "NULL") else "VARCHAR"
