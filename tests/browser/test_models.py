"""Models and data, in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Check, Shot
    from tests.browser.stage import Site


def test_somebody_sees_how_good_a_version_is_and_its_proof(
    site: Site, page: Page, shot: Shot, axe: Check
) -> None:
    """From the list to the route, and on to the query, which runs by itself."""
    found = until(lambda: site.api("GET", "/api/v1/requests?route=late&status=200")["requests"])
    for number, one in enumerate(found[:20]):
        site.api("POST", "/api/v1/labels", {"id": one["id"], "label": number % 2 == 0})
    page.goto("/models")
    shot("models")
    axe(page)
    page.get_by_role("link", name="late").click()
    quality = page.get_by_role("region", name="Quality by day")
    expect(quality.get_by_text("As a table")).to_be_visible()
    figures = page.get_by_role("region", name="Calibration").locator("figure")
    expect(figures.first).to_be_visible()
    drawn = [
        (one.locator("figcaption").inner_text().partition(":")[0], one.locator("path").get_attribute("class"))
        for one in figures.all()
    ]
    colours = [("blue", "line-0"), ("green", "line-1"), ("canary", "line-2")]  # those of Now
    assert drawn == [one for one in colours if one in drawn]  # in the route's order; some may have no labels
    shot("model")
    axe(page)
    quality.get_by_role("link", name="SQL").click()
    expect(page.locator("#rows tbody tr").first).to_contain_text("blue")  # it gets nine of ten
