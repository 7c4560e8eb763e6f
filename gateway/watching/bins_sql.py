"""The SQL that counts the values of a field in its bins: for summaries, and for the query an alert shows."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from gateway.requestlog.formats import literal
from gateway.watching.basis import Binning

NEVER = "false"


@dataclass(frozen=True, slots=True)
class Measure:
    """SQL expressions of one field: over its column `text` and `value`, then over those two.

    `bin` is NULL where a value belongs to none.
    """

    text: str
    value: str
    bin: str
    missing: str
    outside: str
    unknown: str
    positive: str
    confidence: str


def measure(column: str, binning: Binning) -> Measure:
    """Return how a field is counted whose values, as text, are in a column."""
    if binning.scale == "category":
        return _category(column, binning)
    if binning.scale == "flag":
        return _flag(column)
    return _number(column, binning)


def _category(column: str, binning: Binning) -> Measure:
    if not binning.categories:
        return Measure(column, column, "NULL::INTEGER", "value IS NULL", NEVER, NEVER, NEVER, "0.0")
    known = f"try_cast({column} AS ENUM({', '.join(map(literal, binning.categories))}))"
    # One that is not in the list: enum_code is NULL, so it goes to the last bin.
    others = len(binning.categories)
    bin_ = f"CASE WHEN text IS NOT NULL THEN coalesce(enum_code(value)::INTEGER, {others}) END"
    is_new = "text IS NOT NULL AND value IS NULL" if binning.is_closed else NEVER
    return Measure(column, known, bin_, "text IS NULL", NEVER, is_new, NEVER, "0.0")


def _flag(column: str) -> Measure:
    value = f"try_cast({column} AS BOOLEAN)"
    return Measure(column, value, "value::INTEGER", "value IS NULL", NEVER, NEVER, "value", "0.0")


def _number(column: str, binning: Binning) -> Measure:
    value = f"CASE WHEN isfinite(try_cast({column} AS DOUBLE)) THEN try_cast({column} AS DOUBLE) END"
    whens = " ".join(f"WHEN value <= {edge!r} THEN {bin_}" for bin_, edge in enumerate(binning.edges))
    inner = f"CASE {whens} ELSE {len(binning.edges)} END" if whens else "0"
    bin_ = f"CASE WHEN value IS NOT NULL THEN {inner} END" if binning.counts else "NULL::INTEGER"
    limits = [f"value < {binning.low!r}"] if binning.low > -inf else []
    limits += [f"value > {binning.high!r}"] if binning.high < inf else []
    is_share = binning.scale == "probability"
    return Measure(
        column,
        value,
        bin_,
        "value IS NULL",
        " OR ".join(limits) or NEVER,
        NEVER,
        f"value >= {binning.threshold!r}" if is_share else NEVER,
        "greatest(value, 1 - value)" if is_share else "0.0",
    )
