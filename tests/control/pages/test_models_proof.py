"""The way from a watched value to its query."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.routing import Route

from gateway.control.pages.desk import Desk
from gateway.control.pages.models_page import pages
from gateway.control.pages.models_proof import alarm_link, value_link
from gateway.watching import overview, store
from gateway.watching.alert_states import Course
from gateway.watching.alerts import Alert, to_document
from tests.control.logged import EVIL, asked
from tests.watching.watched import START, Watched, plan_of, prediction, watched

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """An hour of predictions, some with a name that is markup."""
    made = watched(tmp_path_factory.mktemp("watched"), plan_of())
    strange = {"version": EVIL, "model": None, "inputs": {EVIL: [1.5]}, "outputs": {EVIL: [0.5]}}
    made.write(
        [
            *(prediction(number, START + number, 700.0, number % 10 / 10) for number in range(120)),
            *(prediction(number, START + number, 1.0, 0.5, **strange) for number in range(120, 1_200)),
        ]
    )
    made.watcher().tick(START + 3_600)
    return made


async def led(it: Watched, link: str) -> httpx.Response:
    """Follow a link of the page, not what it leads to."""
    return await asked(
        [Route(page.path, page.handler) for page in pages(Desk(it.places, lambda: None))], link
    )


def query_in(found: httpx.Response) -> str:
    """Return the query that an answer leads to the SQL page with."""
    place = urlsplit(found.headers["location"])
    assert (found.status_code, place.path, place.netloc) == (303, "/sql", "")
    return parse_qs(place.query)["q"][0]


async def test_the_link_of_a_value_leads_to_the_query_that_the_api_has_of_it(it: Watched) -> None:
    """Of each value, whatever versions and fields are called; one that the log does not have has no link."""
    told = overview.monitor(it.places, it.plan, "late")["values"]
    links = overview.monitor(it.places, it.plan, "late", proved=partial(value_link, "late"))["values"]
    assert {EVIL} < {one["version"] for one in links}
    for value, link in zip(told, links, strict=True):
        assert bool(value["query"]) == bool(link["query"])
        assert len(link["query"]) < 500
        if value["query"]:
            assert query_in(await led(it, link["query"])) == value["query"]


async def test_a_value_of_a_page_from_before_a_later_look_keeps_its_window(it: Watched) -> None:
    """What is proved is the value that stands on the page, not the one of now."""
    found = await led(it, f"/models/late/proof?signal=rate&from={START * 10**6}&until={(START + 60) * 10**6}")
    assert "2026-05-28 20:27:00.000000+00" in query_in(found)
    assert "2026-05-28 20:28:00.000000+00" in query_in(found)


async def test_the_link_of_an_alarm_leads_to_the_query_that_was_kept_with_it(it: Watched) -> None:
    """And that of an alarm that is gone, or has none, leads nowhere."""
    alert = Alert("drifts", "late", EVIL, EVIL, "drift", ">", 0.2, "page", Course("firing"), query="SELECT 1")
    with store.opened(it.places.watch) as connection:
        store.set_states(connection, "alert", {alert.key: to_document(alert)})
    [shown] = [one for one in overview.alerts(it.places, 0.0)["alerts"] if one["rule"] == "drifts"]
    assert query_in(await led(it, alarm_link(shown))) == "SELECT 1"
    assert (await led(it, alarm_link({**shown, "version": "v1"}))).status_code == 404
    assert alarm_link({**shown, "query": ""}) == ""


@pytest.mark.parametrize(
    "said",
    [
        "",
        "signal=nonsense&from=1&until=2",
        "signal=rate",
        "signal=rate&from=2&until=1",
        "signal=rate&from=1&until=99999999999999999",
        "signal=rate&from=-1&until=%D9%A1",
        "signal=drift&version=v1&field=nowhere&from=1&until=2",
        "signal=cpu&version=v1&from=1&until=2",
        "rule=nobody",
    ],
)
async def test_what_is_no_value_is_answered_with_404(it: Watched, said: str) -> None:
    """Whatever stands in the address."""
    assert (await led(it, f"/models/late/proof?{said}")).status_code == 404


async def test_without_a_route_or_a_look_there_is_no_query(it: Watched, tmp_path: Path) -> None:
    """The route that is asked about is the one in the path."""
    value = "signal=rate&from=1&until=2"
    assert (await led(it, f"/models/nowhere/proof?{value}")).status_code == 404
    assert (await led(watched(tmp_path, plan_of()), f"/models/late/proof?{value}")).status_code == 404
