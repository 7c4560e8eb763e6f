"""The benchmark's tables and page."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import report
from benchmarks.rows import Row

RESULTS: dict[str, Any] = {
    "machine": {"kernel": "Linux 6.1"},
    "missing": {"Envoy": "envoy is not installed"},
    "failed": {},
    "cpu": {
        "cpu_us": {"nginx": [10.0, 12.0, 11.0], "gateway": [22.0, 22.0, 22.0]},
        "rate": {"nginx": [60_000.0], "gateway": [30_000.0]},
        "failed": {"nginx": 0, "gateway": 0},
        "gave_up": {},
    },
    "latency": {
        "rate": 30_000.0,
        "gave_up": {"Envoy": "TOO SLOW"},
        "rounds_us": {
            "direct": [{"p50": 50.0, "p99": 100.0, "others": 0.0}],
            "nginx": [{"p50": 150.0, "p99": 400.0, "others": 0.0}],
            "Envoy": [{"p50": 9.0, "p99": 9.0, "others": 0.0}],
        },
    },
    "streams": {
        "100 KiB streamed answer": {
            "cpu_us": {"nginx": [80.0]},
            "rate": {"nginx": [4_000.0]},
            "failed": {"nginx": 0},
            "gave_up": {},
        }
    },
    "validation": {"bare": [1.1], "known": [2.2], "fresh": [3.3], "compiled": True},
    "changes": {"weight_changes": 2, "saves": 1, "sent": 5, "answered": 5, "save_live_ms": [80.0]},
}


def test_cpu_table_has_a_line_for_each_contender_even_a_missing_one() -> None:
    """The reason stands where the figures would."""
    _, body = report.cpu(RESULTS)
    assert body == [
        ("nginx", "11.0", "1.00", "60,000", "0"),
        ("gateway", "22.0", "2.00", "30,000", "0"),
        ("Envoy", "–", "–", "–", "envoy is not installed"),
    ]


def test_latency_table_shows_what_each_adds() -> None:
    """Going direct adds nothing; who gave up shows no figure from before it did."""
    _, body = report.latency(RESULTS)
    assert body == [
        ("direct", "50", "100", "", ""),
        ("nginx", "150", "400", "100", "300"),
        ("Envoy", "–", "–", "–", "TOO SLOW"),
    ]


def test_the_plot_gets_the_tables_own_figures() -> None:
    """One computation for both; who gave up is not drawn."""
    assert report.drawn(RESULTS) == {
        "rate": 30_000.0,
        "cpu": {"nginx": 11.0, "gateway": 22.0},
        "latency": {"direct": [50.0, 100.0], "nginx": [150.0, 400.0]},
    }


def test_markdown_keeps_bars_inside_their_cells() -> None:
    """A bar in a reason would add a column."""
    assert report.markdown((("a", "b"), [("x|y", "z")])) == "| a | b |\n| --- | --- |\n| x\\|y | z |\n"


def test_the_page_holds_every_table_and_says_what_it_ran_on() -> None:
    """A reader finds targets, both comparisons, the plot and the machine."""
    page = report.document(RESULTS, [Row("cost", "1.9", "≤ 2.2", "1.0", "met")], "plot.svg")
    for piece in ("| cost | 1.9 | ≤ 2.2 | 1.0 | met |", "| nginx | 11.0 |", "| direct | 50 |", "(plot.svg)"):
        assert piece in page
    assert "- kernel: Linux 6.1" in page
    assert "| 100 KiB streamed answer, per answer | nginx | 80.0 |" in page
    assert "1.10 µs by llhttp alone, 2.20 µs with the strict checks and 3.30 µs" in page
    assert "2 weight changes and 1 saves under 5 requests" in page


def test_the_readme_gets_its_tables_between_its_marks() -> None:
    """What stands around them stays; a second time changes nothing."""
    text = f"# Gateway\n\n{report.BEGIN}\nold\n{report.END}\nend\n"
    written = report.readme(text, RESULTS, [])
    assert written.startswith("# Gateway\n\n")
    assert written.endswith(f"{report.END}\nend\n")
    assert "| nginx | 11.0 | 1.00 |" in written
    assert "old" not in written
    assert report.readme(written, RESULTS, []) == written
    with pytest.raises(ValueError, match="README"):
        report.readme("no marks", RESULTS, [])
