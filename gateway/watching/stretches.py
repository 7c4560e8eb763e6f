"""How time is divided, and the SQL by which a prediction finds its bucket."""

from __future__ import annotations

import json
from dataclasses import dataclass

from gateway.requestlog.formats import literal


@dataclass(frozen=True, slots=True)
class Stretch:
    """How time is divided: buckets of `every` microseconds.

    `time` is where a prediction says when it belongs, empty: when it was answered. One that says nothing, or
    a time after `latest`, belongs to `otherwise` (microseconds since 1970; 0: when it was answered).
    """

    every: int
    time: str = ""
    latest: int = 0
    otherwise: int = 0


def parameter(name: str) -> str:
    """Return the SQL of a request's parameter, as text."""
    return f"json_extract_string(parameters, {literal('$.' + json.dumps(name, ensure_ascii=False))})"


def start_of(when: str, stretch: Stretch) -> str:
    """Return the SQL of a bucket's start, for a text that says when (empty: none does) and `micros`."""
    otherwise = str(stretch.otherwise or "micros")
    if not when:
        return f"micros // {stretch.every} * {stretch.every}"
    seconds = f"(try_cast({when} AS DOUBLE) * 1e6)"
    said = f"coalesce(try_cast({seconds} AS BIGINT), epoch_us(try_cast({when} AS TIMESTAMPTZ)))"
    believed = f"CASE WHEN {said} BETWEEN 1 AND {stretch.latest} THEN {said} ELSE {otherwise} END"
    return f"{believed} // {stretch.every} * {stretch.every}"
