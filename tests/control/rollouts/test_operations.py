"""The description of the operations on rollouts."""

from __future__ import annotations

from gateway.control.operations import OPERATIONS
from gateway.control.rollouts.models import RouteRollout
from gateway.control.rollouts.operations import ROLLOUT_OPERATIONS


def test_every_change_may_be_stale_or_a_conflict() -> None:
    """And answers with where the rollout stands, like reading."""
    assert set(ROLLOUT_OPERATIONS) <= set(OPERATIONS)
    for operation in ROLLOUT_OPERATIONS:
        assert operation.answer is RouteRollout
        assert ({409, 412} <= set(operation.refusals)) == (operation.method == "post")
        assert (operation.body is not None) == (operation.method == "post")
