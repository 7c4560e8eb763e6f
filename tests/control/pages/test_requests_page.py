"""The pages of single requests: a search without a script, and nothing that somebody sent as markup."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.routing import Route

from gateway.control.access.roles import Role
from gateway.control.pages.desk import Desk
from gateway.control.pages.requests_page import pages
from tests.control import logged
from tests.control.logged import EVIL, asked, evil, record
from tests.control.pages.visitor import visited

if TYPE_CHECKING:
    from tests.control.conftest import Site


async def shown(site: Site, path: str) -> httpx.Response:
    """Ask for a page."""
    desk = Desk(site.places, lambda: None)
    return await asked([Route(page.path, page.handler) for page in pages(desk)], path)


def test_single_requests_are_not_for_those_limited_to_some_routes(site: Site) -> None:
    """They may belong to any route."""
    assert all(page.is_whole and page.role == "viewer" for page in pages(Desk(site.places, lambda: None)))


async def test_markup_that_clients_and_models_send_stays_text(site: Site) -> None:
    """In each field that they can set, on both pages, and in what a search is asked for."""
    logged.write(site.places, evil(1))
    logged.label(site.places, {"id": f"{1:032x}", "label": EVIL, "value": None})
    found = await shown(site, "/requests?since=")
    one = await shown(site, f"/requests/{1:032x}")
    assert (found.status_code, one.status_code) == (200, 200)
    asked_for = await shown(site, f"/requests?path={EVIL}&key={EVIL}&status={EVIL}")
    missing = await shown(site, f"/requests/{EVIL.replace('/', '')}")
    for page in (found, one, asked_for, missing):
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert not re.search(r'="[^"]*"\'>', page.text)  # no value ended early
    assert one.text.count(str(html.escape("<script>alert(1)"))) >= 14
    assert asked_for.status_code == 400


async def test_a_viewer_is_told_that_users_own_keys_are_not_theirs(site: Site) -> None:
    """Before they type one: the field is there, and cannot be used."""
    cases: tuple[tuple[Role, int], ...] = (("viewer", 2), ("operator", 0))
    for role, count in cases:
        found = (await visited(site, "/requests", role)).text
        form = found[found.index('id="user"') :].partition("</form>")[0]
        assert form.count(" disabled") == count
        assert ("You need the role operator" in form) == (role == "viewer")


async def test_a_search_is_a_link_that_leads_on(site: Site) -> None:
    """What was asked stays in the form, and in the link to older requests."""
    logged.write(site.places, *(record(number) for number in range(60)))
    found = await shown(site, "/requests?route=late&status=2xx&since=")
    assert found.text.count('<td class="number">') == 50
    assert "<option selected>late</option>" in found.text
    assert 'value="2xx"' in found.text
    [link] = re.findall(r'href="([^"]+)" rel="next"', found.text)
    older = await shown(site, html.unescape(link))
    assert older.text.count('<td class="number">') == 10
    assert "Newest" in older.text
    assert 'rel="next"' not in older.text


async def test_without_a_question_it_shows_the_last_day(site: Site) -> None:
    """And says what to do where there is nothing."""
    logged.write(site.places)  # a year ago
    found = await shown(site, "/requests")
    assert 'value="1d"' in found.text
    assert "No request fits" in found.text


async def test_a_mistake_is_shown_above_the_form(site: Site) -> None:
    """With the status that the API answers."""
    found = await shown(site, "/requests?since=yesterday")
    assert found.status_code == 400
    assert "since must be a time such as" in found.text


async def test_an_id_leads_to_its_request(site: Site) -> None:
    """Whatever it holds, it stays one piece of the path."""
    found = await shown(site, "/requests?id=..%2F..%2Fx%3Fy")
    assert (found.status_code, found.headers["location"]) == (303, "/requests/..%2F..%2Fx%3Fy")


@pytest.mark.parametrize("identity", ["nothing", "%27%20OR%20true%20--"])
async def test_a_request_that_is_not_there_is_said_so(site: Site, identity: str) -> None:
    """On a page."""
    found = await shown(site, f"/requests/{identity}")
    assert found.status_code == 404
    assert "the log has no request" in found.text
