"""The pages of who may do what, and who did what: how they look, and that everybody can read them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Check, Shot
from tests.browser.stage import Site


@pytest.mark.parametrize(
    ("name", "heading"), [("audit", "Who did what"), ("tokens", "Tokens"), ("login", "Log in")]
)
def test_it_can_be_read_at_any_width(
    site: Site, page: Page, shot: Shot, axe: Check, name: str, heading: str
) -> None:
    """No wider than its window, light and dark, and without serious findings."""
    page.goto(f"/{name}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    shot(name)
    axe(page)
