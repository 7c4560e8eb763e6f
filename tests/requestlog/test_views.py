"""Sealed files and open segments as one table."""

from __future__ import annotations

from pathlib import Path

from gateway.requestlog.catalog import visible
from gateway.requestlog.columns import COLUMNS
from gateway.requestlog.engine import write_sealed, writer
from gateway.requestlog.formats import GAP_COLUMNS
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.predictions_schema import BASE
from gateway.requestlog.views import columns_of, gaps_view, predictions_view, requests_view
from tests.requestlog.lake_log import ask, record, sealed_segment


def test_the_columns_are_there_without_any_file() -> None:
    """And no rows."""
    with writer() as connection:
        for make, columns in ((requests_view, COLUMNS), (gaps_view, GAP_COLUMNS), (predictions_view, BASE)):
            query = make(connection, [], [])
            assert list(columns_of(connection, f"({query})")) == list(columns)
            assert connection.execute(query).fetchall() == []


def test_a_file_from_before_a_column_was_thought_of_has_it_as_null(tmp_path: Path) -> None:
    """A log outlives the version that wrote it; a column that is no more does no harm."""
    places = LogPlaces(tmp_path)
    sealed_segment(places, 0, [record(0)])
    (file,) = visible(places).of("requests")
    with writer() as connection:
        older = f"SELECT * EXCLUDE (span_id, notes), 'x' AS old FROM '{file.path}'"
        write_sealed(connection, older, file.path.with_name(file.path.name.replace(".0.", ".1.")))
    assert ask(places, "SELECT span_id, notes, version, old FROM requests") == [(None, None, "blue", "x")]
    sealed_segment(places, 5, [record(5, span_id="s")])
    assert ask(places, "SELECT span_id, old FROM requests ORDER BY id") == [(None, "x"), ("s", None)]


def test_sealed_files_alone_are_no_union(tmp_path: Path) -> None:
    """DuckDB then counts their rows without reading any."""
    with writer() as connection:
        places = LogPlaces(tmp_path)
        sealed_segment(places, 0, [record(0)])
        files = [str(file.path) for file in visible(places).of("requests")]
        assert "UNION" not in requests_view(connection, files, [])
