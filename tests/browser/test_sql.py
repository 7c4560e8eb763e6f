"""SQL: asked, saved, taken home."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Check, Excuse, Shot
    from tests.browser.stage import Site

EVIL = "<img src=x onerror=alert(1)>"


def test_somebody_asks_and_sees_rows_and_a_picture(site: Site, page: Page, shot: Shot, axe: Check) -> None:
    """From the ready ones, with the keyboard; texts from the log stay texts."""
    page.goto("/sql")
    page.get_by_label("One SELECT over the request log").fill(
        f"SELECT '{EVIL}' || range AS a, range * 7 % 5 AS b FROM range(8)"
    )
    page.keyboard.press("Control+Enter")
    expect(page.locator("#rows tbody tr")).to_have_count(8)
    expect(page.locator("#rows td").first).to_have_text(f"{EVIL}0")
    assert page.locator("#answers img").count() == 0
    page.get_by_label("Queries").select_option(label="Requests and failures by minute")
    page.get_by_label("One SELECT over the request log").fill(
        "SELECT TIMESTAMP '2026-11-21' + INTERVAL (range) MINUTE AS minute, 30 + range * 7 % 5 AS requests, "
        "range % 3 AS failed FROM range(30)"
    )
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#chart figure")).to_have_count(2)
    shot("sql")
    axe(page)


def test_a_mistake_is_shown_at_its_place(page: Page, excuse: Excuse, axe: Check) -> None:
    """The word is marked in the text."""
    excuse("422")
    page.goto("/sql")
    box = page.get_by_label("One SELECT over the request log")
    box.fill("SELECT 1,\n  latency_mss FROM requests")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#wrong")).to_contain_text("Line 2, column 3")
    expect(page.locator("#wrong")).to_contain_text("latency_ms")
    assert box.evaluate("it => it.value.slice(it.selectionStart, it.selectionEnd)") == "latency_mss"
    box.fill("SELECT\t'ö😀漢',\tnope FROM requests")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#wrong mark")).to_have_text("nope")
    axe(page)


def test_a_query_is_saved_in_this_browser(page: Page) -> None:
    """And is there after a reload, under its next name, until it is deleted."""
    page.goto("/sql")
    page.get_by_label("One SELECT over the request log").fill("SELECT 42")
    page.get_by_label("Save as").fill(EVIL)
    page.get_by_role("button", name="Save", exact=True).click()
    page.reload()
    page.get_by_label("Queries").select_option(label=EVIL)
    expect(page.get_by_label("One SELECT over the request log")).to_have_value("SELECT 42")
    page.get_by_label("Save as").fill("forty-two")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("#saved option")).to_have_text(["forty-two"])
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#saved option")).to_have_count(0)


def test_a_query_that_takes_too_long_is_stopped(page: Page) -> None:
    """And what is asked next is answered."""
    page.goto("/sql")
    box = page.get_by_label("One SELECT over the request log")
    box.fill("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#took")).to_have_text("Stopped.")
    box.fill("SELECT 42")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#rows td")).to_have_text("42")


def test_rows_are_taken_home_as_csv(page: Page) -> None:
    """What a spreadsheet would run is marked as text."""
    page.goto("/sql")
    page.get_by_label("One SELECT over the request log").fill("SELECT '=1+1' AS a, -1 AS b")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert Path(download.value.path()).read_bytes() == b"a,b\r\n'=1+1,-1\r\n"
