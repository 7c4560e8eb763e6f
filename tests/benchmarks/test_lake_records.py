"""The records of the benchmark are those of a gateway."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks import lake_records
from gateway.requestlog.catalog import visible
from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces


def test_they_are_sealed_merged_and_labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as asked for, evenly over the days, each with thirteen inputs and two outputs."""
    monkeypatch.setattr(lake_records, "SEGMENT", 700)
    places = LogPlaces(tmp_path)
    list(lake_records.make(places, 3000, 3, datetime(2025, 11, 21, tzinfo=UTC)))
    assert len(visible(places).sealed) == 6
    assert not list(places.open.iterdir())
    with connect(places) as lake:

        def one(sql: str) -> object:
            row = lake.execute(sql).fetchone()
            return row and row[0]

        assert one("SELECT list(n ORDER BY day) FROM (SELECT ts::DATE AS day, count(*) AS n FROM requests "
                   "GROUP BY day)") == [1000, 1000, 1000]  # fmt: skip
        assert (
            one("SELECT count(DISTINCT id) FROM predictions WHERE late IS NOT NULL OR status = 503") == 3000
        )
        assert one("SELECT len(json_keys(inputs)) FROM requests LIMIT 1") == 13
        assert one("SELECT count(*) BETWEEN 200 AND 400 FROM labels") is True
        assert one("SELECT count(*) FROM labels l ANTI JOIN predictions p USING (id, row)") == 0
