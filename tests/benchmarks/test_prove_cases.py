"""The cases that must hold."""

from __future__ import annotations

from benchmarks.contenders import ROOT
from benchmarks.prove.cases import ALIKE, SAME, TOO_BAD
from benchmarks.prove.scenarios import ALPHA


def test_every_case_has_a_name_of_its_own_and_the_bound_alpha() -> None:
    """No case is let off."""
    names = [case.name for case in (*SAME, *TOO_BAD, *ALIKE)]
    assert len(set(names)) == len(names)
    assert {case.bound for case in (*SAME, *TOO_BAD)} == {ALPHA}


def test_versions_that_are_no_worse_are_run_thousands_of_times() -> None:
    """So that an excess of one percent would be seen."""
    assert all(case.runs >= 2_000 for case in SAME)
    assert all(case.runs >= 1_000 for case in TOO_BAD)


def test_what_is_asked_for_is_there() -> None:
    """Plain, incidents, a ramp, sticky users, low traffic, two workers, outputs."""
    assert {"plain", "incidents", "ramp", "sticky users", "low traffic", "two workers", "outputs"} <= {
        case.name for case in SAME
    }


def test_the_page_shows_every_case() -> None:
    """What was added here has been run, and its result is to be read."""
    page = (ROOT / "docs" / "rollout-statistics.md").read_text("utf-8")
    assert [case.name for case in (*SAME, *TOO_BAD, *ALIKE) if f"| {case.name} |" not in page] == []
