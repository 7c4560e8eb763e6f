"""Where in a query an error is: DuckDB says it with a line and a mark below it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import category, east_asian_width

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
    is_begun = text.startswith(_CUT)
    if is_begun:
        text, at = text[len(_CUT) :], at - len(_CUT)
    is_whole = not is_begun and not text.endswith(_CUT)
    text = text.removesuffix(_CUT)
    lines = [line.removesuffix("\r") for line in sql.split("\n")]
    near = sorted(range(len(lines)), key=lambda number: (lines[number] != text, abs(number + 1 - said)))
    for number in near:
        begin = lines[number].find(text)
        if begin >= 0 and (lines[number] == text or not is_whole):
            return Place(number + 1, begin + _index(text, max(at, 0)) + 1)
    return None


def _index(text: str, at: int) -> int:
    """Return which character stands `at` so many columns: the mark goes by how wide each is drawn."""
    width = 0
    for number, character in enumerate(text):
        wide = _width(character)
        if width >= at and wide:
            return number
        width += wide
    return len(text) if width <= at else at


def _width(character: str) -> int:
    """Return how many columns DuckDB counts for a character: none for a tab, two for a Chinese one."""
    if category(character) in ("Cc", "Cf", "Mn", "Me"):
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1
