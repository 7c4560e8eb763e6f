"""What `gateway query` prints."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.cli.query_output import _shown, draw, into_file
from gateway.errors import GatewayError
from gateway.requestlog.query import Result


def test_values_in_a_table_are_short_and_harmless() -> None:
    """Numbers to six digits, times without a zone, NULL as nothing."""
    at = datetime(2025, 11, 21, 1, 2, 3, 450000, tzinfo=UTC)
    values = (None, 1 / 3, 1e20, 12, Decimal("1.50"), at, [at, 1], "a\x1b[0m", "x" * 300)
    assert [_shown(value) for value in values] == [
        "", "0.333333", "1e+20", "12", "1.5", "2025-11-21 01:02:03.45", '["2025-11-21T01:02:03.450000Z", 1]',
        "a?[0m", "x" * 200 + "…",
    ]  # fmt: skip


def test_a_table_for_a_reader_who_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """`| head -1` is no failure."""

    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

        def fileno(self) -> int:
            return descriptor

    descriptor = os.open(os.devnull, os.O_WRONLY)
    gone = Gone()
    monkeypatch.setattr("sys.stdout", gone)
    draw(Result(("a",), ("BIGINT",), [(1,)]), None)
    assert gone.getvalue().split() == ["a", "1"]  # it was written, as far as anybody took it
    os.close(descriptor)


def test_a_file_is_replaced_at_the_end(tmp_path: Path) -> None:
    """What fails leaves the old one and nothing else."""
    out = tmp_path / "answer"
    out.write_text("old")
    with pytest.raises(ZeroDivisionError), into_file(out) as unfinished:
        unfinished.write_text(str(1 // 0))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
    with into_file(out) as unfinished:
        unfinished.write_text("new")
    assert out.read_text() == "new"
    (tmp_path / "folder").mkdir()
    with pytest.raises(GatewayError, match="cannot be written"), into_file(tmp_path / "folder") as unfinished:
        unfinished.write_text("x")
