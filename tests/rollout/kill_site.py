"""A rollout from its start to its end in a process that dies at the n-th point of all that it passes.

Run as a program it forks one such process after the other, until one survives.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.rollout import controller, following, record
from gateway.rollout.verdict import Outcome
from gateway.routing import change, file_sync, journal, rollouts, run_directory, slot, writing_back
from gateway.routing.file_sync import write_back
from gateway.routing.plan import Route
from tests.rollout.controller_site import STEPS, Elsewhere, ReaderOfOne, Stage
from tests.routing.change_site import Site

DIED = 9
POINTS: tuple[tuple[Any, str], ...] = (
    (change, "_append"),
    (change, "publish"),
    (writing_back, "write_text"),
    (file_sync, "settle"),
    (writing_back, "settle"),
    (journal, "append"),
    (journal, "set_file"),
    (slot, "replace_file"),
    (slot.PlanSlot, "store"),
    (following, "replace_file"),
    (controller, "replace_file"),
    (ReaderOfOne, "evidence"),
    (record, "save_evidence"),
    (record, "append_decided"),
    (Elsewhere, "tell"),
)
"""What a rollout's way consists of; a process may die before and after each."""
SCENARIOS: dict[str, tuple[Outcome, ...]] = {
    "promoted": ("pass", "pass", "pass"),
    "taken back": ("pass", "fail"),
}
"""The verdict in each step; every other tick has none yet."""
MOST_TICKS = 30
KEPT_WARM = 3700.0


@dataclass
class Deaths:
    """Counts points and dies at one of them."""

    at: int
    passed: int = 0
    undo: list[tuple[Any, str, Any]] = field(default_factory=list)

    def watch(self) -> None:
        """Make every point one that may be the last."""
        for owner, name in POINTS:
            setattr(owner, name, self._watched(getattr(owner, name)))

    def _watched(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            self._point()
            found = step(*arguments, **named)
            self._point()
            return found

        return watched

    def _point(self) -> None:
        if self.passed == self.at:
            os._exit(DIED)
        self.passed += 1


def late(stage: Stage) -> Route:
    """Return the route as the journal has it."""
    return stage.site.live().routes[0]


def is_over(stage: Stage) -> bool:
    """Tell whether nothing is left to happen."""
    progress = late(stage).progress
    return progress is not None and not progress.is_active and not progress.previous


def _step(stage: Stage) -> int:
    progress = late(stage).progress
    return progress.step if progress is not None and progress.is_active else 0


def _is_promoted(stage: Stage) -> bool:
    progress = late(stage).progress
    return progress is not None and bool(progress.previous)


def drive(stage: Stage, verdicts: tuple[Outcome, ...]) -> None:
    """Take a rollout to its end from wherever it is, routing.yaml written after each tick."""
    if late(stage).progress is None:
        stage.start(steps=STEPS)
    for n in range(MOST_TICKS):
        if is_over(stage):
            return
        stage.judge.outcome = verdicts[_step(stage)] if n % 2 else "inconclusive"
        stage.tick(KEPT_WARM if _is_promoted(stage) else 1.0)
        write_back(stage.site.places, stage.site.config)
    raise AssertionError(f"not over after {MOST_TICKS} ticks: {late(stage).progress}")


def die(folder: Path, scenario: str, at: int) -> None:
    """Be the process that dies, or that survives where there are not as many points."""
    folder.mkdir()
    stage = Stage(Site.made(folder))
    Deaths(at).watch()
    drive(stage, SCENARIOS[scenario])


def main(folder: str, memory: str, scenario: str, step: str) -> None:
    """Fork processes that die at every `step`-th point; print the first that none died at.

    What they keep in memory is kept in the folder `memory`, whose owner removes it.
    """
    run_directory._MEMORY = Path(memory)
    rollouts.LEAST_OVERDUE = rollouts.MOST_OVERDUE = -2.0  # steps may be passed at once
    at = 0
    while True:
        child = os.fork()
        if not child:
            die(Path(folder) / str(at), scenario, at)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status != DIED:
            break
        at += int(step)
    print(at, status)


if __name__ == "__main__":
    main(*sys.argv[1:])
