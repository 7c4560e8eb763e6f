"""The truth as people send it: one JSON object for each prediction, checked before anything is kept.

A label says which prediction it is of, by `id` (x-request-id) and `row` (0 unless the request held several),
or by `route` and `key`, the value of the input that the route declares for this. `label` is the truth: a
number, true or false, or the name of a class.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

MOST_TEXT = 200
KEYS = ("id", "row", "route", "key", "label")
MOST_PROBLEMS = 10
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Label:
    """What one prediction should have been; either `id` or `route` and `key` are empty.

    `value` is the label as a number (true is 1), None where it is the name of a class.
    """

    id: str
    row: int
    route: str
    key: str
    label: str
    value: float | None


class BadLabels(ValueError):
    """Some lines are no labels: `problems` has a sentence for each of the first ones."""

    def __init__(self, problems: Sequence[str], count: int) -> None:
        self.problems = tuple(problems)
        self.count = count
        more = f" … and {count - len(problems)} more" if count > len(problems) else ""
        super().__init__("; ".join(problems) + more)


def read_labels(lines: Iterable[bytes], first: int = 1) -> list[Label]:
    """Return the labels in lines of JSON, empty lines aside; raises BadLabels where one of them is none.

    `first` is the number of the first line, for the messages.
    """
    found: list[Label] = []
    problems: list[str] = []
    count = 0
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        try:
            found.append(label_of(_parsed(line)))
        except ValueError as error:
            count += 1
            if len(problems) < MOST_PROBLEMS:
                problems.append(f"line {number}: {error}")
    if count:
        raise BadLabels(problems, count)
    return found


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON: {error}") from None


def label_of(document: object) -> Label:
    """Return the label that a JSON value is; raises ValueError with a sentence where it is none."""
    if not isinstance(document, dict):
        raise ValueError('a label is an object such as {"id": "<x-request-id>", "label": 1}')
    for name in document:
        if name not in KEYS:
            guess = get_close_matches(str(name)[:40], KEYS, n=1)
            hint = f"; did you mean {guess[0]!r}?" if guess else f"; known: {', '.join(KEYS)}"
            raise ValueError(f"unknown key {str(name)[:40]!r}{hint}")
    identity, row, route, key = _whose(document)
    if "label" not in document:
        raise ValueError("`label` is missing: the truth, as a number, true or false, or the name of a class")
    text, value = _truth(document["label"])
    return Label(identity, row, route, key, text, value)


def _whose(document: dict[str, object]) -> tuple[str, int, str, str]:
    row = document.get("row", 0)
    if isinstance(row, bool) or not isinstance(row, int) or not 0 <= row < 1_000_000:
        raise ValueError(f"`row` must be a whole number from 0 on, not {str(row)[:40]!r}")
    if "id" in document:
        identity = document["id"]
        if "key" in document:
            raise ValueError("a label has either an `id` or a `key`, not both")
        if not isinstance(identity, str) or not _ID.fullmatch(identity):
            raise ValueError(f"`id` must be the 32 hex digits of x-request-id, not {str(identity)[:40]!r}")
        return identity, row, "", ""
    key, route = document.get("key"), document.get("route")
    if key is None:
        raise ValueError("it names no prediction: give `id` (x-request-id), or `route` and `key`")
    if not isinstance(route, str) or not route:
        raise ValueError("with `key`, `route` must say of which route")
    if isinstance(key, bool) or not isinstance(key, (str, int)) or not 0 < len(str(key)) <= MOST_TEXT:
        raise ValueError(f"`key` must be a text of 1 to {MOST_TEXT} characters or a whole number")
    return "", row, route, str(key)


def _truth(given: object) -> tuple[str, float | None]:
    if isinstance(given, bool):
        return ("true", 1.0) if given else ("false", 0.0)
    if isinstance(given, (int, float)):
        try:
            value = float(given)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise ValueError("`label` must be a finite number")
        return str(given), value
    if isinstance(given, str) and 0 < len(given) <= MOST_TEXT and given.isprintable():
        return given, None
    raise ValueError(f"`label` must be a number, true or false, or a text of 1 to {MOST_TEXT} characters")
