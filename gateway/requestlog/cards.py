"""Card numbers, among all the digits that are none: by length, first digit, grouping and check digit."""

from __future__ import annotations

import re
from typing import Final

# not the digits after a decimal point: those of 0.1 + 0.2 would do, one time in ten
_RUN = re.compile(r"(?<!\d)(?<!\d\.)\d(?:[ \u00a0_-]?\d)*+")
# between points and strokes only as it is printed on a card: else it would be a date, a version or decimals
_PRINTED = re.compile(r"(?<![\d./])(?:\d{4}([./])\d{4}\1\d{4}\1\d{4}|\d{4}([./])\d{6}\2\d{5})(?![./]?\d)")
_GROUPS = re.compile(r"\d+")
_SHORTEST: Final = 13
_LONGEST: Final = 19
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def is_card(digits: str) -> bool:
    """Whether these digits, nothing else, can be a payment card's number.

    None begins with 0, and with 1 only airlines' of 15 digits; 13 digits were Visa's and Maestro's, which
    spares times in milliseconds and the numbers of books.
    """
    length = len(digits)
    if not _SHORTEST <= length <= _LONGEST:
        return False
    first = int(digits[0])
    if first < (4 if length == 13 else 1 if length == 15 else 2) or (length == 13 and first > 6):
        return False
    total = 0
    for at, digit in enumerate(reversed(digits)):
        number = int(digit)
        total += _DOUBLED[number] if at % 2 else number
    return total % 10 == 0


def redact_cards(text: str) -> str:
    """Return the text with `[card]` for each card number, written in one or in groups of 3 to 6 digits."""
    return _RUN.sub(_without, _PRINTED.sub(_without_printed, text))


def _without_printed(found: re.Match[str]) -> str:
    return "[card]" if is_card(re.sub(r"\D", "", found[0])) else found[0]


def _without(run: re.Match[str]) -> str:
    text = run[0]
    if len(text) < _SHORTEST:
        return text
    groups = [(found.start(), found.end()) for found in _GROUPS.finditer(text)]
    kept: list[str] = []
    done = first = 0
    while first < len(groups):
        last = _last_of_card(text, groups, first)
        if last < 0:
            first += 1
            continue
        kept.append(text[done : groups[first][0]] + "[card]")
        done = groups[last][1]
        first = last + 1
    return "".join(kept) + text[done:]


def _last_of_card(text: str, groups: list[tuple[int, int]], first: int) -> int:
    """The last group of the longest card number that begins with the group `first`; -1: none does."""
    digits = ""
    found = -1
    for last in range(first, len(groups)):
        start, end = groups[last]
        alone = last == first and end - start >= _SHORTEST
        digits += text[start:end]
        if len(digits) > _LONGEST or not (alone or end - start <= 6):
            break
        if is_card(digits):
            found = last
        if end - start < 3 or alone:  # only the last group may be shorter
            break
    return found
