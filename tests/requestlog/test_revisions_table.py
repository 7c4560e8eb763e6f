"""Revisions as a table beside the log."""

from __future__ import annotations

from pathlib import Path

from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces
from tests.requestlog.lake_log import BEGIN


def test_revisions_are_handed_in(tmp_path: Path) -> None:
    """With whatever text they hold."""
    rows = [(7, BEGIN / 1e6, "cli:ann", 'say "so"\n', "weights: blue 90 → 80"), (8, 0.0, "", "", "")]
    with connect(LogPlaces(tmp_path), revisions=rows) as lake:
        found = lake.execute("SELECT number, epoch(ts), author, reason, what FROM revisions").fetchall()
    assert found == rows
