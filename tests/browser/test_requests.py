"""Requests: from a search to one of them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Check, Shot
    from tests.browser.stage import Site


def test_somebody_finds_a_request_and_what_became_of_it(
    site: Site, page: Page, shot: Shot, axe: Check
) -> None:
    """By its version, with two clicks and no script."""
    until(lambda: site.api("GET", "/api/v1/requests?route=late&version=canary&status=2xx")["requests"])
    page.goto("/requests")
    page.get_by_label("Version").select_option("canary")
    page.get_by_label("Status").fill("2xx")  # some of the traffic is nonsense, which has no outputs
    page.get_by_label("Since").fill("1h")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile("version=canary"))
    versions = page.locator("tbody td.path:not(.wide)")
    expect(versions.first).to_have_text("canary")
    assert set(versions.all_text_contents()) == {"canary"}
    shot("requests")
    axe(page)
    page.locator("tbody a").first.click()
    expect(page.locator("#because")).to_contain_text("Why there:")
    expect(page.get_by_role("region", name="Outputs")).to_contain_text("probability")
    shot("request")
    axe(page)


def test_a_users_own_key_finds_their_requests_and_stands_nowhere(site: Site, page: Page) -> None:
    """It goes in a body; the address has its pseudonym, and neither trail nor log has the key."""
    until(lambda: site.api("GET", "/api/v1/requests?route=late")["requests"])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/requests?version=blue")
    page.get_by_label("A user's own key").fill("user-23")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_label("Pseudonym", exact=True)).to_have_value(re.compile("^p_[0-9a-f]{24}$"))
    expect(page).to_have_url(re.compile("version=blue.*key=p_"))
    assert "user-23" not in "".join(asked)
    assert "user-23" not in page.content()
    assert "user-23" not in json.dumps(site.api("GET", "/api/v1/audit"))
    assert "user-23" not in site.gateway.said()


def test_without_scripts_it_works_as_well(site: Site, visit: object) -> None:
    """A search is a link, and so is a request by its id."""
    until(lambda: site.api("GET", "/api/v1/requests")["requests"])
    page = visit(java_script_enabled=False)  # type: ignore[operator]
    page.goto("/requests")
    page.get_by_label("Status").fill("2xx")
    page.get_by_role("button", name="Search").click()
    identity = site.api("GET", "/api/v1/requests")["requests"][-1]["id"]
    page.get_by_label("Request id").fill(identity)
    page.get_by_role("button", name="Open").click()
    expect(page).to_have_url(f"{site.url}/requests/{identity}")
    expect(page.locator("dd").first).to_have_text(identity)
