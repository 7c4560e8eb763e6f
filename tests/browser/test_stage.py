"""The harness itself: it notices what it is there to notice."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Check, Excuse
from tests.browser.stage import Site
from tests.browser.visitor import TIMEOUT_MS, Visitor


def test_what_is_wrong_on_a_page_is_noticed(page: Page, visitors: list[Visitor]) -> None:
    """A request to another site, a broken script, and a policy that was violated."""
    page.goto("/static/icon.svg")
    page.evaluate("new Promise((done) => setTimeout(() => { setTimeout(done); throw new Error('broken') }))")
    page.evaluate("fetch('http://127.0.0.1:9/elsewhere').catch(() => 0)")
    page.evaluate("console.error('told')")
    wanted = ("broken", "127.0.0.1:9/elsewhere", "told")
    deadline = time.monotonic() + TIMEOUT_MS / 1000
    while missing := [one for one in wanted if one not in "\n".join(visitors[0].wrong)]:
        assert time.monotonic() < deadline, missing
        page.wait_for_timeout(20)  # the browser tells of them in its own time
    with pytest.raises(AssertionError, match="broken"):
        visitors[0].check()
    visitors[0].wrong.clear()


def test_an_excused_error_is_none(page: Page, excuse: Excuse) -> None:
    """A test that makes an error happen says so."""
    page.goto("/static/icon.svg")
    excuse("expected of me")
    page.evaluate("console.error('this was expected of me')")


def test_an_inaccessible_page_is_refused(page: Page, axe: Check) -> None:
    """An image without a text is critical."""
    page.set_content("<html lang=en><title>t</title><main><h1>t</h1><img src='data:,'></main>")
    with pytest.raises(AssertionError, match="image-alt"):
        axe(page)


def test_the_site_is_as_at_first(site: Site) -> None:
    """Whatever a test changes, the next one finds the usual weights."""
    site.api("PUT", "/api/v1/routes/late/weights", {"weights": {"green": 1}})
    site.restore()
    assert site.weights() == {"blue": 75.0, "green": 0.0, "canary": 25.0}
