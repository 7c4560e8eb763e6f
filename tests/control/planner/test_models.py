"""What the API tells of a plan fits its description."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.control.planner import api as plan_api
from gateway.control.planner import assumptions
from gateway.control.planner.api import planned
from gateway.control.planner.assumptions import Question
from gateway.control.planner.models import PlannedRollout

if TYPE_CHECKING:
    from tests.control.conftest import Site


def test_a_plan_fits_its_model_and_has_no_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a key that is not described, nor one that is missing."""
    monkeypatch.setattr(plan_api, "WALKED", 1)
    monkeypatch.setattr(assumptions, "FEWEST", 5)
    found = planned(site.places, "late", Question("canary", 50.0, 0.01))
    assert PlannedRollout.model_validate(found).model_dump() == found
