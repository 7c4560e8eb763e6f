"""A query reads views, and functions that make rows of their arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.query import run
from gateway.requestlog.query_guard import FUNCTIONS, guard


def test_what_is_allowed_exists(tmp_path: Path) -> None:
    """Under these very names, as functions that stand in FROM."""
    with connect(LogPlaces(tmp_path)) as lake:
        sql = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type LIKE 'table%'"
        found = {row[0] for row in run(lake, sql).rows}
    assert FUNCTIONS - {"unnest", "histogram", "histogram_values"} <= found


def test_views_and_functions_of_rows_pass(tmp_path: Path) -> None:
    """Also nested, and common table expressions under their own names."""
    with connect(LogPlaces(tmp_path)) as lake:
        guard(lake, "WITH x AS (FROM range(3)) SELECT * FROM x, unnest([1]), requests, quality_by('week')")
        guard(lake, "SHOW TABLES")


@pytest.mark.parametrize(
    "sql", ["FROM 'x.csv'", 'FROM "a/b"', "SELECT (FROM '*.parquet')", "FROM 'http://x'"]
)
def test_no_name_is_that_of_a_file(sql: str, tmp_path: Path) -> None:
    """DuckDB would open it."""
    with connect(LogPlaces(tmp_path)) as lake, pytest.raises(GatewayError, match="no file is read"):
        guard(lake, sql)


def test_what_cannot_be_checked_is_refused(tmp_path: Path) -> None:
    """Anything but a SELECT."""
    with connect(LogPlaces(tmp_path)) as lake, pytest.raises(GatewayError, match="cannot be checked"):
        guard(lake, "DROP VIEW requests")
