"""Rows of a query as JSON or as CSV.

CSV is RFC 4180, for spreadsheets: texts that one of them would take for a formula are marked as text, since
clients of the gateway put what they like into paths and inputs.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any, Protocol

from gateway.requestlog.json_rows import json_ready

EXACT = 2**53
"""Whole numbers beyond are sent as text: JavaScript would round them."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Writer(Protocol):
    """Takes rows one by one; `size` is how many bytes (or characters) there are so far."""

    size: int

    def row(self, row: Sequence[Any]) -> None:
        """Take a row."""

    def end(self, *, truncated: bool, seconds: float) -> bytes:
        """Return the whole answer."""


def writer_of(columns: Sequence[str], types: Sequence[str], *, as_csv: bool) -> Writer:
    """Return what writes rows with these columns."""
    return CsvWriter(columns) if as_csv else JsonWriter(columns, types)


class JsonWriter:
    """One object: columns, types, rows as lists, whether rows are missing, how long it took."""

    def __init__(self, columns: Sequence[str], types: Sequence[str]) -> None:
        self._head = {"columns": list(columns), "types": list(types)}
        self._rows: list[str] = []
        self.size = 0

    def row(self, row: Sequence[Any]) -> None:
        """Take a row."""
        text = json.dumps([_exact(json_ready(value)) for value in row], separators=(",", ":"))
        self._rows.append(text)
        self.size += len(text)

    def end(self, *, truncated: bool, seconds: float) -> bytes:
        """Return the whole answer."""
        head = json.dumps({**self._head, "truncated": truncated, "seconds": seconds})
        return f'{head[:-1]}, "rows": [{",".join(self._rows)}]}}\n'.encode()


class CsvWriter:
    """A line of names, then a line for each row."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._file = io.StringIO()
        self._lines = csv.writer(self._file, lineterminator="\r\n")
        self._lines.writerow([cell(name) for name in columns])
        self.size = 0

    def row(self, row: Sequence[Any]) -> None:
        """Take a row."""
        self._lines.writerow([cell(value) for value in row])
        self.size = self._file.tell()

    def end(self, *, truncated: bool, seconds: float) -> bytes:
        """Return the whole answer; that there is more, or how long it took, no column can say."""
        del truncated, seconds
        return self._file.getvalue().encode("utf-8", "replace")


def cell(value: object) -> object:
    """Return a value as a cell of CSV; a text that a spreadsheet would run begins with an apostrophe."""
    ready = json_ready(value)
    if isinstance(ready, dict | list):
        ready = json.dumps(ready, ensure_ascii=False)
    if isinstance(ready, str) and ready.startswith(_FORMULA):
        return f"'{ready}"
    return ready


def _exact(value: Any) -> Any:
    """Return a JSON value in which no whole number is beyond what every reader of JSON keeps exact."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > EXACT:
        return str(value)
    if isinstance(value, list):
        return [_exact(one) for one in value]
    return {name: _exact(one) for name, one in value.items()} if isinstance(value, dict) else value
