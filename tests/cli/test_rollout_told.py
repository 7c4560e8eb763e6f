"""What is said after a move, for people and for programs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.cli.rollout_told import as_document, in_words, tell
from gateway.rollout.moves import abort, complete, start
from gateway.routing.parse import parse
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.rollouts import Freeze, Rollout
from tests.cli.site import ROUTING, Site

PLAN = parse(ROUTING, model_exists=lambda _: None)
THURSDAY = Freeze("Thu 00:00 - Fri 00:00 UTC", 3 * 1440, 4 * 1440, "UTC")
"""The day on which time began to be counted."""


def late(plan: RoutingPlan) -> Route:
    """The first route."""
    return plan.routes[0]


BEGUN = start(PLAN, late(PLAN), "canary")


def test_a_command_to_go_on_with_names_the_route_where_there_are_several() -> None:
    """Else it is as short as can be."""
    assert in_words(BEGUN, late(BEGUN), 0.0, several=True)[-1].endswith("gateway abort --route late")
    assert in_words(BEGUN, late(BEGUN), 0.0)[-1].endswith("to stop it: gateway abort")


def test_a_freeze_window_is_told() -> None:
    """A person may start in one; what follows waits."""
    frozen = replace(late(BEGUN), rollout=Rollout(freeze=(THURSDAY,)))
    assert "  it is frozen (Thu 00:00 - Fri 00:00 UTC): no step begins by itself until that ends" in in_words(
        BEGUN, frozen, 0.0
    )


def test_a_promotion_to_everything_in_a_freeze_window_warns_too() -> None:
    """As any other promotion; taking back is what no window keeps anybody from."""
    warning = "  it is frozen (Thu 00:00 - Fri 00:00 UTC): no step begins by itself until that ends"
    for end, expected in (
        (complete(BEGUN, late(BEGUN), "fine", 0.0), True),
        (abort(BEGUN, late(BEGUN), "no"), False),
    ):
        frozen = replace(late(end), rollout=Rollout(freeze=(THURSDAY,)))
        assert (warning in in_words(end, frozen, 60.0)) is expected


def test_an_end_is_told_with_the_way_back() -> None:
    """What was taken back has no way back but to begin anew."""
    taken_back = abort(BEGUN, late(BEGUN), "cli:me aborted it")
    assert in_words(taken_back, late(taken_back), 0.0)[-1] == "  canary was taken back: cli:me aborted it"
    promoted = complete(BEGUN, late(BEGUN), "fine", 1000.0)
    assert "blue stays warm for 50 min" in in_words(promoted, late(promoted), 1600.0)[-1]


def test_a_file_that_was_not_written_is_a_warning(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error for people, a key for programs."""
    complaint = {"kind": "unwritable", "message": "routing.yaml: no [/x]"}
    tell(site.places, BEGUN, late(BEGUN), complaint, as_json=False)
    assert "warning: routing.yaml: no [/x]" in capsys.readouterr().err
    found = as_document(BEGUN, late(BEGUN), complaint, judged=True)
    assert (found["file"], found["rollout"]["judged"]) == ("routing.yaml: no [/x]", True)
