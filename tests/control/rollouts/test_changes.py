"""What the API does to rollouts, free of HTTP."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from gateway.control.changes import Asker
from gateway.control.models import NewRollout, Promotion, Reasoned
from gateway.control.problems import Refusal
from gateway.control.rollouts.changes import abort, pause, promote, read, resume, start
from gateway.control.rollouts.models import RouteRollout
from gateway.errors import ChangeRefused, StaleRevision

if TYPE_CHECKING:
    from tests.control.conftest import Site

WEIGHTS = "{blue: 100, green: 0, canary: 0}"
"""A canary that has nothing yet."""

ANYBODY = Asker("api:me", "why not")


def test_every_change_tells_the_rollout_it_has_led_to(site: Site) -> None:
    """In one shape, which reading has too."""
    found = start(site.places, ANYBODY, "late", NewRollout(canary="canary"))
    for change in (pause, resume):
        found = change(site.places, ANYBODY, "late", Reasoned())
        RouteRollout.model_validate_json(json.dumps(found), extra="forbid")
    assert promote(site.places, ANYBODY, "late", Promotion())["progress"]["step"] == 2
    found = abort(site.places, ANYBODY, "late", Reasoned())
    assert found == read(site.places, "late")
    assert (found["revision"], found["progress"]["why"]) == (6, "api:me aborted it: why not")


def test_a_promotion_is_warm_from_now_on(site: Site) -> None:
    """By the clock of this machine."""
    start(site.places, ANYBODY, "late", NewRollout(canary="canary", steps=[5]))
    promote(site.places, ANYBODY, "late", Promotion(full=True))
    progress = site.route().progress
    assert progress is not None
    assert progress.warm_until == pytest.approx(time.time() + 3600, abs=30)


def test_a_conflict_a_stale_change_and_nonsense_are_told_apart(site: Site) -> None:
    """By what the caller can do about it."""
    with pytest.raises(Refusal) as refused:
        pause(site.places, ANYBODY, "late", Reasoned())
    assert refused.value.status == 409
    stale = Asker("api:me", "", frozenset({"7"}))
    with pytest.raises(StaleRevision):
        start(site.places, stale, "late", NewRollout(canary="canary"))
    with pytest.raises(ChangeRefused, match="steps must grow"):
        start(site.places, ANYBODY, "late", NewRollout(canary="canary", steps=[5, 5]))
    with pytest.raises(Refusal, match="there is no route lat"):
        read(site.places, "lat")
    assert site.head().revision == 1
