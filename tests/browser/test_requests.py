"""Requests: from a search to one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.system.gateway_under_test import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Check, Shot
    from tests.browser.stage import Site


def test_somebody_finds_a_request_and_what_became_of_it(
    site: Site, page: Page, shot: Shot, axe: Check
) -> None:
    """By its version, with two clicks and no script."""
    until(lambda: site.api("GET", "/api/v1/requests?route=late&version=canary")["requests"])
    page.goto("/requests")
    page.get_by_label("Version").select_option("canary")
    page.get_by_label("Since").fill("1h")
    page.get_by_role("button", name="Search").click()
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
