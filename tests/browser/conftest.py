"""The dashboard in a real browser: what a person would see, click and stumble over.

    def test_...(site: Site, page: Page, shot: Shot, axe: Check) -> None:
        page.goto("/")          # relative to the dashboard
        shot("now")             # four pictures: light and dark, wide and a phone
        axe(page)               # no serious finding, light and dark

`visit()` opens a window of another person; `excuse("412")` expects console errors that contain this.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

from tests.browser.stage import Site, Stage
from tests.browser.visitor import Visitor, enter

HERE = Path(__file__).parent
WIDTHS = {1280: 900, 360: 740}
SCHEMES = ("light", "dark")
GRAVE = ("serious", "critical")
_stage = Stage()

Visit = Callable[..., Page]
Shot = Callable[[str], None]
Check = Callable[[Page], None]
Excuse = Callable[[str], None]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Generator[None, None, None]:
    """End browser and gateway once the last browser test is over."""
    yield
    if nextitem is None or HERE not in nextitem.path.parents:
        _stage.close()


def pytest_sessionfinish() -> None:
    """End them where the run was broken off, too."""
    _stage.close()


@pytest.fixture
def site() -> Site:
    """The gateway, as at first: blue 75 %, canary 25 %, no rollout; its traffic goes on."""
    found = _stage.site()
    found.restore()
    return found


@pytest.fixture
def visitors() -> list[Visitor]:
    """Who is there in this test."""
    return []


@pytest.fixture
def visit(site: Site, visitors: list[Visitor]) -> Iterator[Visit]:
    """A function that opens a window for one more person; takes the options of a browser context."""
    browser = _stage.browser()
    contexts = []

    def opened(**options: Any) -> Page:
        size = {"width": 1280, "height": 900}
        contexts.append(browser.new_context(**{"base_url": site.url, "viewport": size, **options}))
        visitors.append(enter(contexts[-1], site.url))
        return visitors[-1].page

    yield opened
    for context in contexts:
        context.close()
    for visitor in visitors:
        visitor.check()


@pytest.fixture
def page(visit: Visit) -> Page:
    """A window; the test fails if anything is wrong on it that was not excused."""
    return visit()


@pytest.fixture
def excuse(page: Page, visitors: list[Visitor]) -> Excuse:
    """A function that expects errors: those that contain a text are no reason to fail."""

    def excused(piece: str) -> None:
        for visitor in visitors:
            visitor.excused.append(piece)

    return excused


@pytest.fixture
def shot(page: Page, tmp_path: Path) -> Shot:
    """A function that takes pictures, into the folder GATEWAY_SHOTS; a page wider than its window fails."""
    folder = Path(os.environ.get("GATEWAY_SHOTS") or tmp_path)

    def taken(name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, f"{name} is {overflow} px too wide for {width} px"
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                page.screenshot(path=folder / f"{name}-{scheme}-{width}.png", full_page=True)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})

    return taken


@pytest.fixture
def axe() -> Check:
    """A function that looks for what a screen reader or weak eyes would miss, in both colour schemes."""

    def checked(page: Page) -> None:
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = Axe().run(page).response["violations"]
            grave = [
                f"{scheme}: {one['id']} ({one['help']}): {[node['html'] for node in one['nodes']][:4]}"
                for one in found
                if one["impact"] in GRAVE
            ]
            assert not grave, "\n".join(grave)
        page.emulate_media(color_scheme="light")

    return checked
