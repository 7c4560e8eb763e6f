"""The pages of models."""

from __future__ import annotations

import html
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.routing import Route

from gateway.control.pages.desk import Desk
from gateway.control.pages.models_page import CALIBRATION, QUALITY, pages
from gateway.control.queries.process import Question, answer
from gateway.monitoring.tally import OK, TallyWriter
from gateway.requestlog.formats import literal
from gateway.watching import overview
from tests.control.logged import EVIL, asked
from tests.waiting import BOUND
from tests.watching.watched import START, Watched, plan_of, prediction, watched

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """An hour of predictions, some by a version whose name and inputs are markup, with their truth."""
    made = watched(tmp_path_factory.mktemp("watched"), plan_of())
    strange = {"version": EVIL, "model": None, "inputs": {EVIL: [1.5]}, "outputs": {EVIL: [0.5]}}
    made.write(
        [
            *(prediction(number, START + number, 700.0, number % 10 / 10) for number in range(120)),
            *(prediction(number, START + number, 1.0, 0.5, **strange) for number in range(120, 1_200)),
        ]
    )
    made.label(START, {number: float(number % 2) for number in range(120)})
    made.watcher().tick(START + 3_600)
    return made


async def shown(it: Watched, path: str) -> httpx.Response:
    """Ask for a page."""
    routes = [Route(page.path, page.handler) for page in pages(Desk(it.places, lambda: None))]
    return await asked(routes, path)


async def test_every_version_is_there_with_what_was_seen_of_it(it: Watched) -> None:
    """Those without answers as well; a name that is markup stays text."""
    found = await shown(it, "/models")
    assert found.status_code == 200
    assert all(f'<th scope="row">{name}</th>' in found.text for name in ("v1", "v2", "far"))
    assert html.escape("<script>alert(1)") in found.text
    assert "<script>alert" not in found.text


async def test_every_value_leads_to_the_query_that_proves_it(it: Watched) -> None:
    """And the page has alarms, quality and spread; what models send stays text."""
    found = await shown(it, "/models/late")
    assert found.status_code == 200
    assert "<script>alert" not in found.text
    assert "<img src=x" not in found.text
    rows = re.findall(r"<tr data-signal.*?</tr>", found.text, re.DOTALL)
    assert len(rows) > 20
    values = overview.monitor(it.places, it.plan, "late")["values"]
    assert len(rows) == len(values)
    assert (
        sum('href="/models/late/proof?' in row for row in rows)
        == sum(bool(one["query"]) for one in values)
        > 20
    )
    assert "How values spread" in found.text


async def test_a_route_that_is_not_there_is_said_so(it: Watched) -> None:
    """As the API does."""
    found = await shown(it, "/models/nowhere")
    assert found.status_code == 404


async def test_before_anything_was_watched_the_pages_say_so(tmp_path: Path) -> None:
    """They are there all the same."""
    plan = plan_of()
    made = watched(tmp_path, replace(plan, routes=(replace(plan.routes[0], name="a/b"),)))
    assert 'href="/models/a' in (await shown(made, "/models")).text
    fresh = watched(tmp_path / "fresh", plan)
    assert "Nothing was looked at yet" in (await shown(fresh, "/models/late")).text
    assert "not looked at yet; the first look is within a minute" in (await shown(fresh, "/models")).text


async def test_a_version_whose_requests_came_after_the_last_look_is_not_called_idle(it: Watched) -> None:
    """The counters know of them at once, the watcher within a minute."""
    idle = "no requests in this hour"
    before = (await shown(it, "/models")).text.count(idle)
    assert before
    it.places.tally(0).parent.mkdir(parents=True, exist_ok=True)
    worker = TallyWriter(it.places.tally(0), os.getpid())
    block = worker.block("late", "v2", 1)
    block.count(OK)
    text = (await shown(it, "/models")).text
    it.places.tally(0).unlink()
    assert text.count(idle) == before - 1
    assert "not looked at yet; the first look is within a minute" in text


@pytest.mark.parametrize("sql", [QUALITY, CALIBRATION])
def test_what_the_page_asks_the_log_can_be_asked(it: Watched, sql: str) -> None:
    """Whatever the route is called."""
    for name in ("late", EVIL):
        told, _ = answer(Question(str(it.places.state), sql.format(route=literal(name)), 100, BOUND))
        assert told == {"truncated": False}
