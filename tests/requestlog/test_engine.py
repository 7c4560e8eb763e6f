"""The DuckDB that rewrites the log."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from gateway.requestlog.engine import write_sealed, writer


def test_a_file_is_there_wholly_or_not_at_all(tmp_path: Path) -> None:
    """For this user alone; what fails leaves no sealed file."""
    file = tmp_path / "day=2025-11-21" / "0-0.0.parquet"
    with writer() as connection:
        assert write_sealed(connection, "SELECT range FROM range(250000)", file) == 250_000
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o077 == 0
        with pytest.raises(duckdb.Error):
            write_sealed(connection, "SELECT error('no')", file.with_name("1-1.0.parquet"))
    assert [path.name for path in file.parent.glob("[!.]*")] == [file.name]


def test_rows_keep_their_order_and_memory_is_limited() -> None:
    """One thread, nothing put on a disk, UTC."""
    with writer() as connection:
        settings = "threads, memory_limit, temp_directory, TimeZone"
        asked = ", ".join(f"current_setting('{name.strip()}')" for name in settings.split(","))
        assert connection.execute(f"SELECT {asked}").fetchone() == (1, "244.1 MiB", "", "UTC")
