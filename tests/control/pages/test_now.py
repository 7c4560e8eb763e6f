"""The page Now as HTML: complete without a script, and honest about what the person may do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway.control.access.roles import Principal
from gateway.control.pages import now
from gateway.control.pages.allowed import refused
from gateway.control.pages.desk import Desk
from gateway.control.pages.now import pages
from gateway.control.pages.now_state import now_state
from gateway.routing.places import Places

if TYPE_CHECKING:
    from tests.control.conftest import Site


def shown(site: Site, principal: Principal) -> str:
    """The page as somebody gets it."""
    desk = Desk(site.places, lambda: None)
    desk.history.add(1.0, {("late", "blue"): (2.5, 3.5)})
    scope = {"type": "http", "path": "/", "headers": [], "principal": principal}
    page = pages(desk)[0]
    assert (page.path, page.role) == ("/", "viewer")

    async def asked() -> Response:
        return await page.handler(Request(scope))

    return bytes(asyncio.run(asked()).body).decode()


def test_the_state_is_in_the_page(site: Site) -> None:
    """So that it can be read before, and without, any script; with the history for the lines."""
    found = shown(site, Principal("ann", "operator", "session"))
    assert "late: canary 10 % → 0 %, blue 90 % → 100 %" in found
    assert 'href="/routes/late/rollout"' in found
    assert '"rate:blue": [2.5]' in found
    assert "Rollback all routes" in found
    assert "Not for you" not in found


def test_a_viewer_is_told_why_the_button_is_not_theirs(site: Site) -> None:
    """Rather than being refused after the click."""
    ann = Principal("ann", "viewer", "session")
    found = shown(site, ann)
    assert found.count(f"Not for you: {refused(ann, 'late')}") == 3
    assert 'data-refused="yes"' in found


def test_what_is_wrong_is_the_first_and_how_many_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a phone three long sentences would hide every number; and people are called as everywhere."""

    def troubled(places: Places) -> dict[str, Any]:
        state = now_state(places)
        state["routes"][0]["rollout"] = "canary was taken back: token:vera aborted it"
        return {**state, "alerts": [], "warnings": ["cli:ann left", "second", "third"]}

    monkeypatch.setattr(now, "now_state", troubled)
    found = shown(site, Principal("ann", "viewer", "session"))
    assert '<ul data-f="first"><li>ann, command line, left</li></ul>' in found
    assert "<summary>2 more</summary>" in found
    assert "canary was taken back: token vera aborted it" in found
