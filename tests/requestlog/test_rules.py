"""What holds before there is a plan: nothing passes that no rule names."""

from __future__ import annotations

from gateway.requestlog.rules import STRICT, Rules


def test_unknown_routes_are_filtered_strictly() -> None:
    """No field is kept by default, and no body."""
    assert STRICT.mode == "strict"
    assert STRICT.keep == ()


def test_without_a_plan_there_are_no_routes() -> None:
    """And nothing is said on standard output."""
    rules = Rules()
    assert not rules.routes
    assert not rules.models
    assert not rules.logging.access
