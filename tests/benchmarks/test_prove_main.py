"""The command `python -m benchmarks.prove`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.prove import __main__ as prove
from benchmarks.prove.cases import SAME
from benchmarks.prove.ladder import RUNGS
from benchmarks.prove.page import Results
from benchmarks.prove.scenarios import Found, Row


def test_every_run_has_a_seed_of_its_own() -> None:
    """So it does not matter which process runs it, nor with how many others."""
    _, found = prove.run_task(("ladder", 5, 0, 4))
    _, later = prove.run_task(("ladder", 5, 2, 2))
    assert found[2:] == later
    assert len(set(found)) > 1


def test_tasks_cover_every_run_once() -> None:
    """Also where few of each are run."""
    for quicker in (1, 20):
        tasks = list(prove._tasks(quicker))
        assert len({task[:3] for task in tasks}) == len(tasks)
        counts = [task[3] for task in tasks if task[:2] == ("same", 0)]
        assert sum(counts) == SAME[0].runs // quicker


@pytest.mark.parametrize(("wrong", "code"), [(2, 0), (60, 1)])
def test_the_exit_code_is_1_beyond_a_bound(
    wrong: int, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the case is named."""
    found = (Found("fail", 100, (None,) * 3),) * wrong + (Found("none", 100, (None,) * 3),) * (100 - wrong)
    results = Results((Row(SAME[0], found),), (), (), ((RUNGS[0], found),))
    monkeypatch.setattr(prove, "run_all", lambda quicker, processes: results)
    monkeypatch.setattr(prove, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["prove", "--quick"])
    assert prove.main() == code
    assert len(list((tmp_path / "benchmarks" / "results").iterdir())) == 1
