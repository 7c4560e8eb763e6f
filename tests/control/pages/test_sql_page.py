"""The page of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from starlette.routing import Route

from gateway.control.pages.desk import Desk
from gateway.control.pages.sql_page import MOST_TEXT, READY, pages
from gateway.control.queries.process import Question, answer
from tests.control import logged
from tests.control.logged import EVIL, asked, record
from tests.waiting import BOUND

if TYPE_CHECKING:
    from tests.control.conftest import Site


async def shown(site: Site, query: str, headers: dict[str, str] | None = None) -> str:
    """Return the page for a query that a link brings."""
    [page] = pages(Desk(site.places, lambda: None))
    found = await asked([Route(page.path, page.handler)], f"/sql?q={quote(query)}", headers=headers)
    return found.text


async def test_a_query_in_a_link_is_text(site: Site) -> None:
    """It cannot end the box that it stands in, and is no longer than one may be."""
    found = await shown(site, f"</textarea>{EVIL}")
    assert "<script>alert" not in found
    assert found.count("</textarea>") == 1
    assert "x" * (MOST_TEXT + 1) not in await shown(site, "x" * (MOST_TEXT + 5))


@pytest.mark.parametrize(
    ("came_from", "runs"), [("same-origin", "yes"), ("cross-site", "no"), ("none", "no")]
)
async def test_only_our_own_links_run_a_query_at_once(site: Site, came_from: str, runs: str) -> None:
    """Another site's link may fill one in."""
    assert f'data-run="{runs}"' in await shown(site, "SELECT 1", {"sec-fetch-site": came_from})


async def test_without_a_query_there_is_one_to_begin_with(site: Site) -> None:
    """Which is not run before somebody wants it."""
    found = await shown(site, "", {"sec-fetch-site": "same-origin"})
    assert "FROM requests WHERE ts" in found
    assert 'data-run="no"' in found


@pytest.mark.parametrize(("name", "sql"), READY)
def test_every_ready_query_can_be_asked(site: Site, name: str, sql: str) -> None:
    """Of the log as it is."""
    logged.write(site.places, record(1))
    told, _ = answer(Question(str(site.places.state), sql, 10, BOUND))
    assert told == {"truncated": name == "All columns"}
