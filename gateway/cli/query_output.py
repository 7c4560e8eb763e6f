"""What `gateway query` prints: tables for people, CSV and JSON for programs, row by row."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from gateway.errors import GatewayError
from gateway.requestlog.json_rows import json_ready
from gateway.requestlog.lake import VIEWS
from gateway.requestlog.views import columns_of

if TYPE_CHECKING:
    from gateway.requestlog.lake import Lake
    from gateway.requestlog.query import Answer, Result

EXAMPLES = (
    "SELECT version, count(*), quantile_cont(latency_ms, .99) FROM requests\n"
    "  WHERE ts > now() - INTERVAL 5 minutes GROUP BY 1",
    "SELECT date_trunc('minute', ts) AS minute, count(*) FILTER (status >= 500) AS failed FROM requests\n"
    "  WHERE ts > now() - INTERVAL 1 hour GROUP BY 1 ORDER BY 1",
    "SELECT * FROM revisions ORDER BY number DESC LIMIT 5",
)
NUMBERS = ("INT", "DOUBLE", "FLOAT", "DECIMAL")
SHOWN = 200
"""Characters of a value that a table shows."""


def draw(result: Result, out: Path | None) -> None:
    """Print a result as a table, and say where there is more of it."""
    from rich.table import Table

    from gateway.cli.status_tables import console

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, kind in zip(result.columns, result.types, strict=True):
        table.add_column(
            name, justify="right" if any(n in kind for n in NUMBERS) else "left", overflow="fold"
        )
    for row in result.rows:
        table.add_row(*(_shown(value) for value in row))
    with _target(out) as file:
        terminal = console()
        terminal.file = io.StringIO()  # rich would end the process where the reader has gone away
        terminal.print(table)
        if result.more:
            terminal.print("… and more rows: --limit shows more of them, --format csv all")
        file.write(terminal.file.getvalue())


def write_lines(answer: Answer, form: str, out: Path | None) -> None:
    """Write all rows as CSV with a header, or as a JSON list with an object for each."""
    with _target(out) as file:
        rows = chain.from_iterable(answer.batches())
        if form == "csv":
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(answer.columns)
            lines.writerows([_csv(value) for value in row] for row in rows)
            return
        separator = "["
        for row in rows:
            file.write(separator + "\n  " + json.dumps(_object(answer.columns, row), ensure_ascii=False))
            separator = ","
        file.write("[]\n" if separator == "[" else "\n]\n")


def listing(lake: Lake) -> str:
    """Return the views with their columns, and queries to begin with."""
    lines = []
    for view in VIEWS:
        columns = columns_of(lake.connection, view)
        lines += [view, *_wrapped([f"{name} {kind}" for name, kind in columns.items()]), ""]
    return "\n".join([*lines, "Try:", *(f'  gateway query "{example}"' for example in EXAMPLES)])


@contextmanager
def into_file(out: Path) -> Iterator[Path]:
    """Yield a name to write to; what is there at the end takes the place of `out`."""
    unfinished = out.with_name(f".{out.name}.{os.getpid()}").absolute()
    try:
        yield unfinished
        try:
            os.replace(unfinished, out)
        except OSError as error:
            raise GatewayError(f"{out} cannot be written: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _target(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        try:
            yield sys.stdout
            sys.stdout.flush()
        except BrokenPipeError:  # the reader has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    with into_file(out) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        yield file


def _object(columns: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    return {name: json_ready(value) for name, value in zip(columns, row, strict=True)}


def _csv(value: object) -> object:
    ready = json_ready(value)
    return json.dumps(ready, ensure_ascii=False) if isinstance(ready, dict | list) else ready


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".")
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e15 else repr(value)
    ready = json_ready(value)
    text = json.dumps(ready, ensure_ascii=False) if isinstance(ready, dict | list) else str(ready)
    # Clients put what they like into paths and inputs, and some of it would do something to a terminal.
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _wrapped(words: list[str], width: int = 100) -> list[str]:
    lines = ["  "]
    for word in words:
        if len(lines[-1]) + len(word) > width:
            lines.append("  ")
        lines[-1] += word + ", "
    return [line.rstrip() for line in [*lines[:-1], lines[-1].rstrip(", ")]]
