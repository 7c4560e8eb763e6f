"""What a reload tells: written whole, read as it was written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.routing.places import Places
from gateway.routing.run_directory import prepare
from gateway.supervision.reload_report import FAILED, ReloadReport, read_report, reload_lock, write_report


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A fresh state directory."""
    prepared = prepare(tmp_path / "state")
    yield prepared
    shutil.rmtree(prepared.run.resolve())


def test_a_report_is_read_as_it_was_written(places: Places) -> None:
    """None before the first one."""
    assert read_report(places) is None
    for report in (ReloadReport(), ReloadReport(7, FAILED, 1.25, 2, 9, "the port is in use")):
        write_report(places, report)
        assert read_report(places) == report


def test_its_lock_outlives_the_run(places: Places) -> None:
    """Two commands meet at the same file, though memory be cleared between them."""
    assert reload_lock(places).parent == places.state
