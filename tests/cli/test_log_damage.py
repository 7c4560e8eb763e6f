"""Damaged files are said without spoiling the answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.log_damage import warn
from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces


def test_each_file_has_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, and none where all is well."""
    with connect(LogPlaces(tmp_path)) as lake:
        warn(lake)
        assert capsys.readouterr() == ("", "")
        lake.pins.left_out = [tmp_path / "a", tmp_path / "b"]
        warn(lake)
    said = capsys.readouterr()
    assert (said.out, len(said.err.splitlines())) == ("", 2)
    assert f"rm {tmp_path / 'b'}" in said.err
