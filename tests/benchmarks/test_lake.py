"""Five questions are asked, and whether they took too long is told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks import lake
from benchmarks.lake_records import make
from gateway.requestlog.places import LogPlaces


def test_a_table_with_a_line_for_each_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has an answer; what is beyond the limits makes it fail."""
    places = LogPlaces(tmp_path)
    list(make(places, 2000, 1, datetime.now(UTC)))
    monkeypatch.setattr(lake, "ROUNDS", 1)
    monkeypatch.setattr(lake, "MOST_SECONDS", 60.0)
    monkeypatch.setattr(lake, "MOST_BYTES", 10**12)
    assert lake.report(places)
    told = capsys.readouterr().out
    assert "2,000 requests" in told
    for name in lake.QUESTIONS:
        (line,) = (line for line in told.splitlines() if line.startswith(name))
        assert int(line[len(name) :].split()[0].replace(",", "")) > 0
    monkeypatch.setattr(lake, "MOST_SECONDS", 0.0)
    assert not lake.report(places)
