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
    apply = page.get_by_role("button", name="Apply")
    expect(apply).to_be_disabled()
    expect(apply).to_have_accessible_description("Nothing to apply: move a share first.")
    percent(page, "canary", "40")
    expect(apply).to_have_accessible_description(re.compile("Say why"))
    expect(apply).to_be_disabled()
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
    expect(apply).to_be_disabled()


def test_a_change_is_confirmed_and_taken_back(site: Site, page: Page) -> None:
    """What moved, how long it took, and one click to the weights before; the page starts anew each time."""
    page.goto(PATH)
    percent(page, "canary", "40")
    page.get_by_label("Why").fill("more of it")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#done")).to_contain_text(re.compile(r"Applied: revision \d+ is live"))
    expect(page.locator("#done")).to_contain_text("canary 25 % → 40 %, blue 75 % → 60 %")
    expect(page.locator("#done")).to_contain_text(re.compile(r"It took \d+ ms"))
    page.get_by_role("button", name="Undo: back to blue 75 %, canary 25 %").click()
    expect(page.locator("#done")).to_contain_text(re.compile(r"Undone: revision \d+ is live"))
    assert site.weights() == {"blue": 75.0, "green": 0.0, "canary": 25.0}
    expect(page.get_by_label("Percent of canary")).to_have_value("25")


def test_what_cannot_be_is_said_beside_the_field(page: Page) -> None:
    """What was typed stays to be seen, nothing else moves, and nothing can be applied."""
    page.goto(PATH)
    page.get_by_label("Why").fill("all of it")
    percent(page, "canary", "150")
    field = page.get_by_label("Percent of canary")
    expect(field).to_have_accessible_description("150 is more than all requests; type 100 at most.")
    expect(page.get_by_label("Percent of blue")).to_have_value("75")
    page.get_by_label("Why").focus()
    expect(field).to_have_value("150")
    expect(page.get_by_role("button", name="Apply")).to_be_disabled()
    expect(page.locator("#why-not")).to_contain_text("what is typed for canary is not possible")
    percent(page, "canary", "30")
    expect(page.get_by_role("button", name="Apply")).to_be_enabled()


def test_what_is_on_hold_stays(page: Page) -> None:
    """Whatever else is typed or slid; what is left for the others is said."""
    page.goto(PATH)
    page.get_by_label("Hold blue").check()
    expect(page.get_by_label("Percent of blue")).to_be_disabled()
    percent(page, "canary", "60")
    expect(page.locator(".note:visible")).to_contain_text("held: blue (75 %); at most 25 % is left")
    percent(page, "canary", "10")
    expect(page.get_by_label("Percent of green")).to_have_value("15")
    page.get_by_label("Share of green").focus()
    page.keyboard.press("End")
    expect(page.locator("#spread")).to_contain_text("green stops at 25 %")
    expect(page.get_by_label("Percent of blue")).to_have_value("75")
    page.get_by_label("Hold canary").check()
    expect(page.locator("#spread")).to_contain_text("With all others on hold, green stays at 25 %")


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
    """The second, whose page heard of nothing, is told who was faster, and goes on from the new state."""
    other = visit()
    excuse("412")
    excuse("/events")
    other.route("**/events", lambda route: route.abort())
    page.goto(PATH)
    other.goto(PATH)
    percent(page, "canary", "10")
    percent(other, "canary", "90")
    page.get_by_label("Why").fill("less of it")
    other.get_by_label("Why").fill("more of it")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#told")).to_contain_text(LIVE)
    other.get_by_role("button", name="Apply").click()
    expect(other.locator("#conflict")).to_contain_text("Somebody else was faster; nothing of yours")
    expect(other.locator("#meanwhile")).to_contain_text("weights set by dashboard, this machine")
    expect(other.locator("#meanwhile")).to_contain_text("canary 25 % → 10 %")
    expect(other.locator("#meanwhile")).to_contain_text("less of it")
    assert site.weights()["canary"] == 10.0
    other.get_by_role("button", name="Load it and keep").click()
    expect(other.locator("#difference")).to_contain_text("canary 10 % → 90 %")
    other.get_by_role("button", name="Apply").click()
    expect(other.locator("#told")).to_contain_text(LIVE)
    assert site.weights()["canary"] == 90.0


def test_a_change_by_others_shows_at_once(site: Site, page: Page) -> None:
    """Where nothing was typed it is loaded; else live is renewed, and what was typed waits for a choice."""
    page.goto(PATH)
    site.api("PUT", "/api/v1/routes/late/weights", {"weights": {"blue": 1}, "reason": "calm"})
    expect(page.locator("#news")).to_contain_text("canary 25 % → 0 % (“calm”)")
    expect(page.get_by_label("Percent of blue")).to_have_value("100")
    percent(page, "canary", "90")
    page.get_by_label("Why").fill("mine")
    site.api("PUT", "/api/v1/routes/late/weights", {"weights": {"green": 1, "blue": 1}})
    expect(page.locator("#conflict")).to_contain_text("Live now: blue 50 %, green 50 %")
    expect(page.locator("#rows tr").nth(1).locator("td").last).to_contain_text("50 %")
    expect(page.get_by_label("Percent of canary")).to_have_value("90")
    expect(page.get_by_role("button", name="Apply")).to_be_disabled()
    site.api("PUT", "/api/v1/routes/protocol/weights", {"weights": {"blue": 1, "green": 1}})
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
