"""How soon regressions are found."""

from __future__ import annotations

from numpy.random import default_rng

from benchmarks.prove.ladder import JUDGES, RUNGS, Rung, detected, evidence_path
from benchmarks.prove.scenarios import Found
from benchmarks.prove.traffic import World

LATE = Rung("late", 5.0, World(risk=5.0, seconds=200, from_second=100))


def test_the_ladder_has_the_rungs_asked_for() -> None:
    """Errors at two rates, latency, and regressions that begin late."""
    sizes: dict[str, list[float]] = {}
    for rung in RUNGS:
        sizes.setdefault(rung.kind, []).append(rung.size)
    assert sizes["errors at 1 %"] == sizes["errors at 0.1 %"] == [1.25, 1.5, 2, 3, 5, 10, 20]
    assert sizes["latency"] == [1.1, 1.25, 1.5, 2]
    assert len({rung.name for rung in RUNGS}) == len(RUNGS)


def test_requests_count_from_the_onset() -> None:
    """A rollback before it is none of this regression; what came too late is not in the horizon."""
    runs = (Found("fail", 12_000, (None, 9_000, 10_100)), Found("none", 20_000, (None, 11_000, 10_300)))
    ours, argo, flagger, z_test = detected(LATE, runs)
    assert str(ours) == "2,000 / not in 10,000"
    assert str(argo) == "not in 10,000"
    assert str(flagger) == "1,000 / 1,000 (50% before it began)"
    assert str(z_test) == "100 / 300"


def test_a_rung_runs_all_judges() -> None:
    """A large regression is found by ours soon."""
    found = Rung("errors", 20.0, World(risk=20.0)).run(default_rng(1))
    assert found.event == "fail"
    assert found.after <= 1_000
    assert len(found.rivals) == len(JUDGES) - 1


def test_the_evidence_of_a_worse_version_rises() -> None:
    """And never stops the run."""
    path = evidence_path(default_rng(2), 5.0, seconds=200)
    assert path[-1][0] == 20_000
    assert path[-1][1] > 20
