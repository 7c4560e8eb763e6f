"""A person changes weights: sees the difference first, and never overwrites what somebody else did."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Check, Excuse, Shot, Visit
from tests.browser.stage import Site

PATH = "/routes/late/weights"
LIVE = re.compile(r"Revision \d+ is live")


def percent(page: Page, name: str, value: str) -> None:
    """Type a share."""
    page.get_by_label(f"Percent of {name}").fill(value)


def test_the_difference_is_shown_before_it_is_applied(site: Site, page: Page, shot: Shot, axe: Check) -> None:
    """Against what is live and the file; then it is live, written, and in the history with its reason."""
    page.goto(PATH)
    expect(page.get_by_role("button", name="Apply")).to_be_disabled()
    percent(page, "canary", "40")
    expect(page.locator("#spread")).to_contain_text("The rest, 60 %, goes to blue")
    expect(page.locator("#difference")).to_contain_text("canary 25 % → 40 % (+15 %)")
    expect(page.locator("#difference")).to_contain_text("blue 75 % → 60 % (−15 %)")
    expect(page.locator("#difference")).to_contain_text("routing.yaml says what is live")
    assert site.weights()["canary"] == 25.0
    shot("weights")
    axe(page)
    page.get_by_label("Why").fill("fine at 25 %")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#told")).to_contain_text(LIVE)
    assert site.weights() == {"blue": 60.0, "green": 0.0, "canary": 40.0}
    assert "canary: 40" in site.gateway.text()
    newest = site.api("GET", "/api/v1/revisions?limit=1")["revisions"][0]
    assert (newest["action"], newest["reason"]) == ("set-weight", "fine at 25 %")
    expect(page.get_by_role("button", name="Apply")).to_be_disabled()


def test_the_rest_is_spread_in_proportion(page: Page) -> None:
    """What was set stays; all shares are always 100 % together."""
    page.goto(PATH)
    percent(page, "green", "20")
    expect(page.get_by_label("Percent of blue")).to_have_value("60")
    expect(page.get_by_label("Percent of canary")).to_have_value("20")
    percent(page, "canary", "30")
    expect(page.get_by_label("Percent of green")).to_have_value("20")
    expect(page.get_by_label("Percent of blue")).to_have_value("50")
    percent(page, "blue", "100")
    expect(page.get_by_label("Percent of canary")).to_have_value("0")
    expect(page.get_by_label("Percent of green")).to_have_value("0")
    page.get_by_role("button", name="Back to what is live").click()
    expect(page.get_by_label("Percent of canary")).to_have_value("25")


def test_sliders_move_by_keyboard_alone(site: Site, page: Page) -> None:
    """Arrow keys move a share, and Enter in the reason applies it."""
    page.goto(PATH)
    page.get_by_label("Share of canary").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Percent of canary")).to_have_value("28")
    page.get_by_label("Why").focus()
    page.keyboard.type("three more")
    page.keyboard.press("Enter")
    expect(page.locator("#told")).to_contain_text(LIVE)
    assert site.weights()["canary"] == 28.0


def test_two_people_cannot_overwrite_each_other(site: Site, page: Page, visit: Visit, excuse: Excuse) -> None:
    """The second is told who was faster and what changed, and goes on from the new state."""
    other = visit()
    excuse("412")
    page.goto(PATH)
    other.goto(PATH)
    percent(page, "canary", "10")
    percent(other, "canary", "90")
    page.get_by_label("Why").fill("less of it")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#told")).to_contain_text(LIVE)
    other.get_by_role("button", name="Apply").click()
    expect(other.locator("#conflict")).to_be_visible()
    expect(other.locator("#meanwhile")).to_contain_text("canary 25 % -> 10 %")
    expect(other.locator("#meanwhile")).to_contain_text("less of it")
    assert site.weights()["canary"] == 10.0
    other.get_by_role("button", name="Load it and keep").click()
    expect(other.locator("#difference")).to_contain_text("canary 10 % → 90 %")
    other.get_by_role("button", name="Apply").click()
    expect(other.locator("#told")).to_contain_text(LIVE)
    assert site.weights()["canary"] == 90.0


def test_the_new_state_can_be_loaded_instead(site: Site, page: Page, excuse: Excuse) -> None:
    """Then nothing is left of what was typed."""
    excuse("412")
    page.goto(PATH)
    percent(page, "canary", "90")
    site.api("PUT", "/api/v1/routes/late/weights", {"weights": {"green": 1, "blue": 1}})
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("button", name="Load the new state").click()
    expect(page.get_by_label("Percent of green")).to_have_value("50")
    expect(page.locator("#conflict")).to_be_hidden()
    assert site.weights() == {"blue": 50.0, "green": 50.0, "canary": 0.0}


def test_a_rollout_under_way_is_told_of(site: Site, page: Page) -> None:
    """Weights set by hand end it; a person must know before."""
    page.goto(PATH)
    expect(page.locator("#under-way")).to_be_hidden()
    site.api("POST", "/api/v1/routes/late/rollout", {"canary": "canary"})
    page.goto(PATH)
    expect(page.locator("#under-way")).to_contain_text("A rollout of canary is under way")
