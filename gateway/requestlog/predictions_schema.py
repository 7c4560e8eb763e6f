"""SQL that makes one row per prediction of records: a column for each input and output.

A record holds one list per input and output; a prediction is one place in all of them. Where a record's
output has the name of one of its own inputs, it goes to `<name>_out`; one that has the name of a column that
is always there gets `_in` or `_out`. What is neither number, text nor truth value is text in JSON, and so is
what is sometimes one and sometimes another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from gateway.requestlog.formats import identifier, literal

RECORD: dict[str, str] = {
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
FIRST = "prediction"
"""The first output, as a number (true is 1): what labels are compared with unless told otherwise."""
BASE = {**RECORD, FIRST: "DOUBLE"}
"""The columns that are always there."""
Side = Literal["inputs", "outputs"]
_NUMBERS = ("BIGINT", "DOUBLE", "BOOLEAN")


def rows_of(source: str, inputs: dict[str, str], outputs: dict[str, str]) -> str:
    """Return a query for one row per prediction of the records in `source`, given their names and types."""
    columns = {FIRST: f"({_first(outputs)})::DOUBLE[]", **_columns(inputs, outputs)}
    parsed = f"{parsed_of('inputs', inputs)} AS i, {parsed_of('outputs', outputs)} AS o"
    lists = ", ".join(f"{made} AS c{number}" for number, made in enumerate(columns.values()))
    lengths = ", ".join(f"len(c{number})" for number in range(len(columns)))
    unnested = ", ".join(f"unnest(c{n}) AS {identifier(name)}" for n, name in enumerate(columns))
    kept = ", ".join(name for name in RECORD if name != "row")
    own = ", ".join("unnest(range(rows))::INTEGER AS row" if name == "row" else name for name in RECORD)
    # No condition on the lists: it would be evaluated on the parsed JSON once more. None has no rows anyway.
    return (
        f"SELECT {own}, {unnested} FROM ("  # noqa: S608 - names are quoted, the rest is made here
        f"SELECT *, greatest({lengths}, 0) AS rows FROM ("
        f"SELECT {kept}, {lists} FROM ("
        f"SELECT {kept}, inputs, outputs, {parsed} FROM ({source}) "
        "WHERE inputs IS NOT NULL OR outputs IS NOT NULL"
        ")))"
    )


def _columns(inputs: dict[str, str], outputs: dict[str, str]) -> dict[str, str]:
    """Return the columns in their order: the name, and the SQL of its list of values."""
    made: dict[str, _Column] = {}
    for name, kind in inputs.items():
        clashes = name.casefold() in BASE
        _put(made, f"{name}_in" if clashes else name, values_of("inputs", inputs, name), kind)
    for name, kind in outputs.items():
        value = values_of("outputs", outputs, name)
        twins = [values_of("inputs", inputs, twin) for twin in inputs if twin.casefold() == name.casefold()]
        if name.casefold() in BASE:
            _put(made, f"{name}_out", value, kind)
        elif twins:
            both = " OR ".join(f"{twin} IS NOT NULL" for twin in twins)
            _put(made, name, f"CASE WHEN NOT ({both}) THEN {value} END", kind)
            _put(made, f"{name}_out", f"CASE WHEN {both} THEN {value} END", kind)
        else:
            _put(made, name, value, kind)
    return {column.name: column.sql() for column in made.values()}


def _first(outputs: dict[str, str]) -> str:
    """Return the SQL of the list of a record's first output, NULL where that is no number."""
    numbers = {
        name: _as_numbers(values_of("outputs", outputs, name), kind)
        for name, kind in outputs.items()
        if kind != "NULL"
    }
    if len(outputs) == 1:
        return next(iter(numbers.values()), "NULL")
    cases = [f"WHEN {literal(name)} THEN ({value})::DOUBLE[]" for name, value in numbers.items()]
    return f"CASE json_keys(outputs)[1] {' '.join(cases)} END" if cases else "NULL"


def _as_numbers(values: str, kind: str) -> str:
    """Return the SQL of a list as numbers: text is taken apart, since beside other records' text all is."""
    if kind in _NUMBERS:
        return values
    number = "try_cast(x AS DOUBLE)"
    finite = f"if(isfinite({number}), {number}, NULL)"
    made = f"CASE x WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 ELSE {finite} END"
    return f"list_transform({values}, lambda x: {made})"


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


def values_of(side: Side, names: dict[str, str], name: str) -> str:
    """Return the SQL of one name's list. SQL does not tell apart names that differ in case only, JSON does:
    all but the first of them are taken out one by one."""
    if name in _first_spellings(names):
        return f"{side[0]}.{identifier(name)}"
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    return f"from_json(json_extract({side}, {literal(pointer)}), '[\"{_type(names[name])}\"]')"


def parsed_of(side: Side, names: dict[str, str]) -> str:
    """Return the SQL of one side of a record as a structure of lists."""
    structure = {name: [_type(names[name])] for name in _first_spellings(names)}
    return f"from_json({side}, {literal(json.dumps(structure))})" if structure else "NULL"


def _first_spellings(names: dict[str, str]) -> set[str]:
    return set({name.casefold(): name for name in reversed(names)}.values())


def _type(kind: str) -> str:
    return "BOOLEAN" if kind == "NULL" else kind  # gives way to any other type where files are read together


def widest(one: str, other: str) -> str:
    """Return the type that holds values of both."""
    if one == other or other == "NULL":
        return one
    if one == "NULL":
        return other
    return "DOUBLE" if {one, other} == {"BIGINT", "DOUBLE"} else "VARCHAR"
