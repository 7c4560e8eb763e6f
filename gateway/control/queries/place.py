"""Where in a query an error is: DuckDB says it with a line and a mark below it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SHOWN = re.compile(r"^(LINE (\d+): )(.*)\n( *)\^", re.MULTILINE)
_CUT = "..."


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column of a text, both counted from 1."""

    line: int
    column: int


def place_of(error: str, sql: str) -> Place | None:
    """Return where in the query an error is, None where it does not say so.

    The line's number may be off by what was put around the query, its text is what it is of; a long line is
    shown without its begin or end.
    """
    found = _SHOWN.search(error)
    if found is None:
        return None
    said, text, at = int(found[2]), found[3], len(found[4]) - len(found[1])
    if text.startswith(_CUT):
        text, at = text[len(_CUT) :], at - len(_CUT)
    text = text.removesuffix(_CUT)
    lines = sql.splitlines()
    near = sorted(range(len(lines)), key=lambda number: abs(number + 1 - said))
    for number in near:
        begin = lines[number].find(text)
        if begin >= 0:
            return Place(number + 1, begin + max(at, 0) + 1)
    return None
