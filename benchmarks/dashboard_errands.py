"""What a person comes to the dashboard for, from its first page on: each click and filled field counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.stage import Site


@dataclass
class Hand:
    """Clicks and types as a person does, and counts it."""

    page: Page
    clicks: int = 0
    fields: int = 0

    def click(self, what: Locator) -> None:
        """Click once, as soon as it can be clicked."""
        what.click()
        self.clicks += 1

    def fill(self, what: Locator, text: str) -> None:
        """Type into a field."""
        what.fill(text)
        self.fields += 1


@dataclass(frozen=True, slots=True)
class Errand:
    """What one cost: clicks, filled fields, seconds from the first page until it was seen to be done."""

    name: str
    clicks: int
    fields: int
    seconds: float


def _weight(hand: Hand, site: Site) -> None:
    page = hand.page
    hand.click(page.get_by_role("link", name="Weights").first)
    hand.fill(page.get_by_label("Percent of canary"), "40")
    hand.fill(page.get_by_label("Why"), "fine at 25 %")
    hand.click(page.get_by_role("button", name="Apply"))
    expect(page.locator("#told")).to_contain_text("is live")
    assert site.weights()["canary"] == 40.0


def _start(hand: Hand, site: Site) -> None:
    page = hand.page
    hand.click(page.get_by_role("link", name="Rollout").first)
    hand.fill(page.locator("#start-reason"), "the new model")
    hand.click(page.get_by_role("button", name="Start the rollout"))
    expect(page.get_by_role("button", name="Pause")).to_be_enabled()


def _watch(hand: Hand, site: Site) -> None:
    _start(hand, site)
    expect(hand.page.get_by_role("button", name="Abort")).to_be_enabled()
    expect(hand.page.locator("#state")).to_contain_text("step 1")


def _roll_back(hand: Hand, site: Site) -> None:
    hand.click(hand.page.get_by_role("button", name="Rollback late"))
    expect(hand.page.locator("[data-route=late] [data-version=canary]")).to_contain_text("asked 0 %")
    assert site.weights()["canary"] == 0.0


ERRANDS: dict[str, Callable[[Hand, Site], None]] = {
    "change a weight": _weight,
    "start a rollout": _start,
    "start a rollout and see where it stands": _watch,
    "take everything back": _roll_back,
}


def run(browser: Browser, site: Site, name: str, errand: Callable[[Hand, Site], None]) -> Errand:
    """Do one from the first page on, with everything as it was at first."""
    site.restore()
    with browser.new_context(base_url=site.url) as context:
        hand = Hand(context.new_page())
        started = time.monotonic()
        hand.page.goto("/")
        errand(hand, site)
        return Errand(name, hand.clicks, hand.fields, time.monotonic() - started)
