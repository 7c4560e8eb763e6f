"""A person looks back: who changed what and why, what became of rollouts, and goes back to a revision."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Check, Excuse, Shot
from tests.browser.stage import Site

WEIGHTS = "/api/v1/routes/late/weights"


def test_revisions_are_listed_with_who_and_why(site: Site, page: Page, shot: Shot, axe: Check) -> None:
    """Newest first, with the difference, the outcome of rollouts, and a reason that stays a text."""
    site.api("PUT", WEIGHTS, {"weights": {"blue": 1}, "reason": "<b>calm</b>"})
    site.api("POST", "/api/v1/routes/late/rollout", {"canary": "canary", "reason": "retrained"})
    site.api("POST", "/api/v1/routes/late/rollout/abort", {"reason": "not today"})
    page.goto("/history")
    newest = page.locator("#listed .revision").first
    expect(newest).to_contain_text("rollout aborted by dashboard, this machine")
    expect(newest).to_contain_text("live")
    expect(page.locator("#listed .revision").nth(2)).to_contain_text("“<b>calm</b>”")
    expect(page.locator("#listed .revision").nth(2)).to_contain_text("canary 25 % → 0 %")
    expect(page.locator("#rolled li").first).to_contain_text("taken back")
    shot("history")
    axe(page)


def test_going_back_shows_first_what_would_change(site: Site, page: Page, shot: Shot, axe: Check) -> None:
    """From the list to the revision, a reason, one click; the list then has it on top."""
    before = site.api("GET", WEIGHTS)["revision"]
    site.api("PUT", WEIGHTS, {"weights": {"green": 1}})
    page.goto("/history")
    page.locator(f"#r{before}").get_by_role("link", name="Go back to here").click()
    expect(page.locator("#would")).to_contain_text("canary 0 % → 25 %")
    shot("revision")
    axe(page)
    page.get_by_label("Why").fill("green was not it")
    page.get_by_role("button", name=f"Go back to revision {before}").click()
    expect(page.locator("#listed .revision").first).to_contain_text("green was not it")
    assert site.weights() == {"blue": 75.0, "green": 0.0, "canary": 25.0}


def test_going_back_is_refused_where_somebody_was_faster(site: Site, page: Page, excuse: Excuse) -> None:
    """What was shown is not what would happen any more, so nothing happens."""
    excuse("412")
    before = site.api("GET", WEIGHTS)["revision"]
    site.api("PUT", WEIGHTS, {"weights": {"green": 1}})
    page.goto(f"/history/{before}")
    site.api("PUT", WEIGHTS, {"weights": {"blue": 1}})
    page.get_by_role("button", name="Go back to revision").click()
    expect(page.get_by_label("Why")).to_be_focused()  # it has to be said, as on Weights
    page.get_by_label("Why").fill("too late")
    page.get_by_role("button", name="Go back to revision").click()
    expect(page.locator("#told")).to_contain_text("Something was changed meanwhile")
    assert site.weights()["blue"] == 100.0
