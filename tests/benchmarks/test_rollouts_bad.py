"""What came of a version that is bad."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.rollouts.bad import ROWS, reached
from benchmarks.rollouts.fault import Fault
from benchmarks.rollouts.good import promoted
from benchmarks.rollouts.load import Asked
from benchmarks.rollouts.trial import CANARY, STABLE, Trial
from gateway.routing.rollouts import Progress, Step

PROGRESS = Progress(2, CANARY, STABLE, "degraded", 0, (Step(5_000), Step(100_000)), "it is worse")


def asked(began: float, version: str = STABLE, failure: str = "", took: float = 0.001) -> Asked:
    """Return one request."""
    return Asked("", began, began + took, 500 if failure else 200, version, failure)


FOUND = Trial(
    asked=(asked(0.5), asked(1.5), asked(2.0, CANARY, "status 500"), asked(5.0)),
    moves=(),
    progress=PROGRESS,
    began=1.0,
    ended=4.0,
    fault_at=0.0,
    file="",
    history="",
)


def figures(found: Trial, fault: Fault | None = None) -> dict[str, float]:
    """Return the figures by what they are."""
    return {one.what: one.value for one in reached(found, fault or Fault()).figures}


def test_what_users_got_is_counted() -> None:
    """From the start, or from the fault where that came later."""
    assert reached(FOUND, Fault()).met
    found = figures(FOUND)
    assert (found["bad answers users got"], found["of the canary"], found["after the fault"]) == (1, 1, 3)
    assert figures(replace(FOUND, fault_at=2.5))["after the fault"] == 1.5
    assert found["requests from the fault to the rollback"] == 2


def test_a_late_answer_is_bad_where_that_is_the_fault() -> None:
    """And only there."""
    late = replace(FOUND, asked=(asked(2.0, CANARY, took=0.06),))
    assert figures(late, Fault(delay=0.03))["bad answers users got"] == 1
    assert figures(late)["bad answers users got"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"progress": replace(PROGRESS, state="progressing")},
        {"asked": (asked(2.0, STABLE, "status 500"),)},
        {"asked": (asked(4.5, CANARY, "status 500"),)},
    ],
)
def test_it_misses_where_it_is_not_taken_back_or_others_fail(change: dict[str, object]) -> None:
    """Stable may not fail, nor the canary once it has been taken back."""
    assert not reached(replace(FOUND, **change), Fault()).met  # type: ignore[arg-type]


def test_a_version_that_was_not_promoted_misses() -> None:
    """By the plan, the file and the history."""
    missed = {one.what for one in promoted(replace(FOUND, file=_FILE)).figures if not one.met}
    assert {"promoted", "stable by the file", "in the history"} <= missed


_FILE = f"routes: [{{name: late, stable: {STABLE}, weights: {{{STABLE}: 100}}}}]"


def test_every_bad_version_of_the_issue_has_its_row() -> None:
    """Slow, failing, failing for some, crashing, hanging."""
    assert [row.name for row in ROWS] == ["slow", "errors", "users", "crash", "hang"]
