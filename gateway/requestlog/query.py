"""One question to the log: a single statement that only reads, for a limited time.

What a query may reach is decided by `lake.connect`; here is decided what counts as a query, and that what
goes wrong is said with what to do about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from gateway.errors import GatewayError
from gateway.requestlog.formats import identifier, literal
from gateway.requestlog.query_errors import first_lines, in_words
from gateway.requestlog.query_guard import guard

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.requestlog.lake import Lake

BATCH = 2048
"""Rows fetched at once."""
AGAIN = 0.05
"""Seconds between two interrupts of a query whose time is over."""
_ZONED = re.compile("TIMESTAMP WITH TIME ZONE")
_EXPLAIN = re.compile(r"^\s*EXPLAIN\b\s*(ANALYZE\b\s*)?(\([^()]*\)\s*(?=[A-Z]))?", re.IGNORECASE)
_ALLOWED = "a query is one SELECT, or WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN"


@dataclass(frozen=True, slots=True)
class Result:
    """What a query found; `more` where there are rows beyond the limit. Times are UTC."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    more: bool = False


def run(lake: Lake, sql: str, *, timeout: float = 30.0, limit: int | None = None) -> Result:
    """Run one query and return its rows, at most `limit`; `timeout` is in seconds.

    Raises GatewayError where it is no query, cannot be answered, or takes too long.
    """
    with asked(lake, sql, timeout) as answer:
        rows: list[tuple[Any, ...]] = []
        for batch in answer.batches():
            rows += batch
            if limit is not None and len(rows) > limit:
                return Result(answer.columns, answer.types, rows[:limit], more=True)
        return Result(answer.columns, answer.types, rows)


@dataclass(frozen=True, slots=True)
class Answer:
    """A query that was begun: its columns, and its rows as they are fetched."""

    lake: Lake
    columns: tuple[str, ...]
    types: tuple[str, ...]

    def batches(self) -> Iterator[list[tuple[Any, ...]]]:
        """Fetch the rows, some at a time."""
        while batch := self.lake.connection.fetchmany(BATCH):
            yield [tuple(_plain(value) for value in row) for row in batch]


@contextmanager
def asked(lake: Lake, sql: str, timeout: float) -> Iterator[Answer]:
    """Begin one query; `timeout`, in seconds, is for the whole `with`. Raises GatewayError as `run` does."""
    text, is_select = only_query(sql)
    with _limited(lake, timeout, text):
        guard(lake, text if is_select else _EXPLAIN.sub("", text))
        if is_select:
            told = lake.execute(f"DESCRIBE SELECT * FROM (\n{text}\n)").fetchall()  # noqa: S608 - it is a query
            columns, types = tuple(row[0] for row in told), tuple(row[1] for row in told)
            lake.execute(_without_zones(text, types))
        else:
            columns = tuple(column[0] for column in lake.execute(text).description or ())
            types = ("VARCHAR",) * len(columns)
        yield Answer(lake, columns, types)


def write(lake: Lake, sql: str, file: Path, *, timeout: float = 30.0) -> int:
    """Write a query's rows as Parquet to the one file that the lake may write; return how many there are.

    Raises GatewayError as `run` does, and where the query is one that only explains.
    """
    text, is_select = only_query(sql)
    if not is_select:
        raise GatewayError("an explanation is text and has no rows for Parquet; leave out --format parquet")
    with _limited(lake, timeout, text):
        guard(lake, text)
        done = lake.execute(f"COPY (\n{text}\n) TO {literal(file)} (FORMAT parquet)").fetchone()
    return int(done[0]) if done else 0


@contextmanager
def _limited(lake: Lake, timeout: float, sql: str) -> Iterator[None]:
    over = Event()
    told = (lake.connection.interrupt, timeout, over)
    limit = Thread(target=_interrupt, args=told, name="query limit", daemon=True)
    limit.start()
    try:
        yield
    except Exception as error:
        raise in_words(lake, error, timeout, sql) from None
    finally:
        over.set()
        limit.join()  # lest it interrupts the next query


def _interrupt(interrupt: Callable[[], None], timeout: float, over: Event) -> None:
    """Interrupt a query after its time until it is over: DuckDB forgets what comes between two statements."""
    wait = timeout
    while not over.wait(wait):
        interrupt()
        wait = AGAIN


def only_query(sql: str) -> tuple[str, bool]:
    """Return the one statement in a text, and whether it can stand in FROM; GatewayError where it is none."""
    import duckdb

    try:
        found = [(statement.type, statement.query) for statement in duckdb.extract_statements(sql)]
    except duckdb.Error as error:
        raise GatewayError(f"this is not SQL: {first_lines(error, before=0)}") from None
    if len(found) != 1:
        raise GatewayError(f"there are {len(found)} statements here, and {_ALLOWED}")
    kind, text = found[0]
    if kind == duckdb.StatementType.EXPLAIN:
        only_query(_EXPLAIN.sub("", text))  # EXPLAIN ANALYZE would run anything
    elif kind != duckdb.StatementType.SELECT:
        name = kind.name.lower()
        raise GatewayError(f"a statement of the kind {name} is not run: the log is only read; {_ALLOWED}")
    return text.strip().rstrip(";"), kind == duckdb.StatementType.SELECT


def _without_zones(sql: str, types: tuple[str, ...]) -> str:
    """Have times come as plain UTC ones: DuckDB would want another package for those with a zone."""
    if not any(_ZONED.search(kind) for kind in types):
        return sql
    names = [f"c{number}" for number in range(len(types))]
    taken = ", ".join(
        f"CAST({name} AS {_ZONED.sub('TIMESTAMP', kind)})" if _ZONED.search(kind) else name
        for name, kind in zip(names, types, strict=True)
    )
    return f"SELECT {taken} FROM ({sql}\n) AS answer({', '.join(map(identifier, names))})"  # noqa: S608


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value
    return value
