"""What is asked: only the steps below 100 % have anything to judge."""

from __future__ import annotations

from gateway.rollout.outlook import Ask, Traffic
from gateway.routing.rollouts import Rollout, Step


def test_the_last_step_is_no_step_to_plan() -> None:
    """Whether the file names it or not."""
    traffic = Traffic(1.0, 0.01)
    for steps in ((Step(5_000), Step(100_000)), (Step(5_000),)):
        assert Ask("canary", "blue", "late", Rollout(steps), traffic).steps == (Step(5_000),)
