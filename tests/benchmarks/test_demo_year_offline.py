"""The year without a gateway: what is told of the controls."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import demo_year_offline as offline
from benchmarks.demo_year_flights import Year
from benchmarks.demo_year_offline import BEGIN, END, Control, reference_of, told
from model_versions import flights


def test_controls_are_counted() -> None:
    """Decay by year, drift by week and by year."""
    drifted = Control(1.2, 40, 3, ("temp", "visib"))
    text = "\n".join(told([Control(0.4, 40, 0), drifted, Control(0.1, 40, 0, ("temp",))]))
    assert "1 of 3 ever show decay" in text
    assert "3 of 120 weeks" in text
    assert "in 2 of 3 years" in text
    assert "temp 2, visib 1" in text


def test_the_references_of_the_repository_are_read() -> None:
    """As they were counted."""
    assert sum(reference_of("v1")["inputs"]["temp"]["counts"]) == 49928


@pytest.mark.parametrize(("decay", "code"), [(0.5, 0), (2.0, 1)])
def test_the_page_is_written(
    decay: float, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the exit code is 1 when controls show decay too often."""
    page = tmp_path / "detectors.md"
    page.write_text(f"{BEGIN}\n{END}\n", encoding="utf-8")
    empty = np.zeros(0, np.int64)
    year = Year(flights.Dataset(np.zeros((0, 13)), empty, empty, empty, {}, ""), empty)
    monkeypatch.setattr(offline, "PAGE", page)
    monkeypatch.setattr(offline, "load", lambda file: year)
    monkeypatch.setattr(offline, "_section", lambda year, version: [f"### {version}"])
    monkeypatch.setattr(offline, "control", lambda year, number: Control(decay, 1, 0))
    monkeypatch.setattr(sys, "argv", ["offline", "year.npz", "--controls", "20"])
    assert offline.main() == code
    assert "### v2\n### Controls" in page.read_text(encoding="utf-8")
