"""What a query that proves a signal is about, and the conditions that all such queries are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.requestlog.formats import literal
from gateway.requestlog.policy import LabelPolicy
from gateway.watching.basis import Basis
from gateway.watching.windows import Window


@dataclass(frozen=True, slots=True)
class Of:
    """What a query is about: signal, route, version, and the `name` of the field.

    `every` (microseconds) and `time` are as in `monitor`, `output` the column that labels are compared with.
    """

    signal: str
    route: str
    version: str
    name: str
    window: Window
    every: int = 60_000_000
    model: str = ""
    time: str = ""
    basis: Basis = field(default_factory=lambda: Basis("first"))
    output: str = ""
    labels: LabelPolicy = field(default_factory=LabelPolicy)


def between(column: str, window: Window) -> str:
    """Return the condition that a time lies in a window."""
    return f"{column} >= {_instant(window.start)} AND {column} < {_instant(window.end)}"


def _instant(micros: int) -> str:
    seconds, rest = divmod(micros, 1_000_000)
    return f"TIMESTAMPTZ '{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest:06d}+00'"


def whose(of: Of, table: str = "") -> str:
    """Return the condition that a record is a prediction of the version."""
    model = f"= {literal(of.model)}" if of.model else "IS NULL"
    return (
        f"{table}route = {literal(of.route)} AND {table}version = {literal(of.version)} "
        f"AND {table}model {model} AND {table}status BETWEEN 200 AND 299"
    )


def own_micros(said: str) -> str:
    """Return the SQL of a time that a prediction gave itself, in microseconds."""
    seconds = f"try_cast(try_cast({said} AS DOUBLE) * 1e6 AS BIGINT)"
    return f"coalesce({seconds}, epoch_us(try_cast({said} AS TIMESTAMPTZ)))"
