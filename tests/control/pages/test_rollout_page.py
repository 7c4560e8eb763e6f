"""The page of a rollout: for whom it has buttons, what it embeds, and its pieces that are shown anew."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from gateway.control.changes import Asker
from gateway.control.models import NewRollout
from gateway.control.pages import rollout_page
from gateway.control.pages.rollout_page import candidates, suggested
from gateway.control.readings import live_plan
from gateway.control.rollouts.changes import start
from tests.control.pages.visitor import visited
from tests.waiting import BOUND

if TYPE_CHECKING:
    from tests.control.conftest import Site

WEIGHTS = "{blue: 100, green: 0, canary: 0}"
PATH = "/routes/late/rollout"


async def test_an_operator_may_move_it_and_a_viewer_may_look(site: Site) -> None:
    """Whoever may not change anything has the plan, and no button that would be refused."""
    shown = (await visited(site, PATH)).text
    assert "Start the rollout" in shown
    assert 'data-move="abort"' in shown
    seen = (await visited(site, PATH, "viewer")).text
    assert "Start the rollout" not in seen
    assert "data-move" not in seen
    assert "How long will each step take?" in seen


async def test_the_state_is_a_piece_with_the_revision_as_its_tag(site: Site) -> None:
    """What scripts need is in it as data; a reason is a text, whatever it is made of."""
    asker = Asker("ann", "</script><script>alert(1)</script>")
    start(site.places, asker, "late", NewRollout(canary="canary", force=True))
    found = await visited(site, f"{PATH}/state")
    assert found.headers["etag"] == '"2"'
    embedded = re.search(r'<script type="application/json" id="state-data">(.*?)</script>', found.text)
    assert embedded is not None
    data = json.loads(embedded[1])
    assert (data["progress"]["state"], data["weights"]["canary"]) == ("progressing", 5.0)
    events = await visited(site, f"{PATH}/events")
    assert "<script>alert" not in found.text + events.text
    assert "&lt;script&gt;alert(1)" in events.text


@pytest.mark.parametrize("path", [PATH, f"{PATH}/state"])
async def test_an_unknown_route_is_not_found(site: Site, path: str) -> None:
    """The nearest name is said."""
    found = await visited(site, path.replace("late", "lat"))
    assert found.status_code == 404
    assert "did you mean 'late'?" in found.json()["detail"]


def test_candidates_are_all_but_stable(site: Site) -> None:
    """Those of the route first, then every other service."""
    plan = live_plan(site.places)
    route = plan.route("protocol")
    assert route is not None
    assert candidates(plan, route) == ["blue", "canary"]
    assert candidates(plan, site.route()) == ["green", "canary"]


def test_the_version_that_is_suggested_is_the_likeliest(site: Site) -> None:
    """That with the most traffic beside stable; where none has any, the one that stands last."""
    assert suggested(site.route()) == "canary"
    assert suggested(site.route("protocol")) == "blue"


async def test_what_comes_first_depends_on_whether_one_is_under_way(site: Site) -> None:
    """The planner is open and first where there is none; else it is last and folded away."""
    idle = (await visited(site, PATH)).text
    assert idle.index('id="planner" open') < idle.index('id="state"') < idle.index('id="events"')
    start(site.places, Asker("ann", "retrained"), "late", NewRollout(canary="canary", force=True))
    runs = (await visited(site, PATH)).text
    order = ('id="state"', 'id="moves"', 'id="judged-box"', 'id="events"', 'id="planner"')
    assert sorted(order, key=runs.index) == list(order)
    assert 'id="planner" open' not in runs


async def test_the_first_seconds_do_not_say_that_nobody_judges(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The judge looks each second, so after the start there is nothing yet; later that is worth a word."""
    start(site.places, Asker("ann", "x"), "late", NewRollout(canary="canary", force=True))
    monkeypatch.setattr(rollout_page, "FRESH", BOUND)
    assert "the judge has not looked yet" in (await visited(site, f"{PATH}/state")).text
    monkeypatch.setattr(rollout_page, "FRESH", -1.0)
    assert "NOBODY judges it" in (await visited(site, f"{PATH}/state")).text
