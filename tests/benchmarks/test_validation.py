"""The part that times the checks."""

from __future__ import annotations

import os
from pathlib import Path
from subprocess import Popen
from typing import cast

import pytest

from benchmarks import heads, validation
from benchmarks.configs import Site
from benchmarks.process import pick_cores
from benchmarks.scale import QUICK
from benchmarks.stage import Running, Stage
from gateway.supervision.compiled import compiled_copy, compiled_home


def stage(folder: Path, pool: Path) -> Stage:
    """Return a stage with a pool and nothing behind it."""
    cores = pick_cores(frozenset(os.sched_getaffinity(0)))
    nobody = Running("upstream", Site(folder, 0, 0, 0, 0), cast(Popen[bytes], None))
    return Stage(folder, cores, [], pool, nobody)


def test_the_checks_are_timed_in_a_process_of_their_own(tmp_path: Path) -> None:
    """With the compiled copy where there is one, else plainly, which the table says."""
    pool = heads.write_pool(heads.pool(1, size=50), tmp_path / "pool")
    found = validation.measure(stage(tmp_path, pool), QUICK)
    assert len(found["known"]) == len(found["bare"]) == QUICK.rounds
    copy = compiled_copy(compiled_home())
    assert found["compiled"] is (copy is not None)


def test_a_timer_that_fails_is_quoted(tmp_path: Path) -> None:
    """A part that could not be measured says why."""
    with pytest.raises(RuntimeError, match="No such file"):
        validation.measure(stage(tmp_path, tmp_path / "absent"), QUICK)
