"""The trail over HTTP: its entries in pages, and whether it is genuine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gateway.audit.event import Event
from gateway.audit.keys import KeySource
from gateway.audit.seal import seal
from gateway.control.app import build_app
from gateway.routing.audited import trail_of
from tests.control.asgi_client import ask

if TYPE_CHECKING:
    from tests.control.conftest import Site


async def got(site: Site, target: str) -> tuple[int, Any]:
    """Ask for something."""
    found = await ask(build_app(site.places, lambda: None), "GET", f"/api/v1/audit{target}")
    return found.status, json.loads(found.content)


async def test_entries_come_in_pages(site: Site) -> None:
    """Newest first; `next` leads to the older ones until there are none."""
    for n in range(4):
        trail_of(site.places).record(Event("rollback" if n % 2 else "login", f"token:{n}"))
    seen, target = [], "?limit=2"
    while target:
        status, page = await got(site, target)
        assert status == 200
        seen += [entry["n"] for entry in page["entries"]]
        target = f"?limit=2&before={page['next']}" if page["next"] else ""
    assert seen == [5, 4, 3, 2, 1]
    assert [one["n"] for one in (await got(site, "?what=rollback&who=3"))[1]["entries"]] == [5]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=1001", "before=0", "befor=1", "before=" + "9" * 30]
)
async def test_a_wrong_question_is_refused(site: Site, query: str) -> None:
    """It would show something else than was asked for."""
    assert (await got(site, f"?{query}"))[0] == 400


async def test_it_says_whether_the_trail_is_genuine(site: Site) -> None:
    """As it is now, each time."""
    seal(site.places.audit, KeySource(site.places.audit / "key").read())
    status, found = await got(site, "/verification")
    assert (status, found["ok"], found["entries"], found["signed"]) == (200, True, 1, 1)
    path = next(site.places.audit.glob("trail-*"))
    path.write_bytes(path.read_bytes().replace(b'"who":"file"', b'"who":"anne"'))
    _, found = await got(site, "/verification")
    assert not found["ok"]
    assert found["problems"][0]["n"] == 1
