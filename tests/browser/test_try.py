"""A person who just wants a prediction gets one, and is told which version gave it and why."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from gateway.routing.auth_keys import new_key, with_key
from tests.browser.conftest import Check, Excuse, Shot
from tests.browser.stage import Site
from tests.waiting import until

PATH = "/try/late"


def save(site: Site, old: str, new: str) -> None:
    """Change routing.yaml and wait until that is live."""
    text = site.gateway.text()
    assert old in text
    before = site.api("GET", "/api/v1/status")["revision"]
    (site.gateway.folder / "routing.yaml").write_text(text.replace(old, new))
    until(lambda: site.api("GET", "/api/v1/status")["revision"] > before)


def test_a_prediction_takes_two_clicks(site: Site, page: Page, shot: Shot, axe: Check) -> None:
    """From the list to the form, which holds an example already; then the answer, its version and why."""
    page.goto("/try")
    expect(page.locator("tr", has_text="protocol")).to_contain_text("not to route protocol")
    shot("try")
    axe(page)
    page.get_by_role("link", name="late").click()
    expect(page.get_by_label("carrier")).to_have_value("UA")
    expect(page.get_by_label("month")).to_have_attribute("max", "12")
    page.get_by_role("button", name="Predict").click()
    answer = page.locator(".answer")
    expect(answer).to_have_count(1)
    expect(answer).to_contain_text(re.compile("late_probability"))
    expect(answer).to_contain_text("drawn by the weights")
    expect(answer.get_by_role("link")).to_have_attribute("href", re.compile("/requests/[0-9a-f]{32}"))
    shot("try-route")
    axe(page)


def test_all_versions_answer_side_by_side_where_requests_may_name_them(
    site: Site, page: Page, shot: Shot, axe: Check
) -> None:
    """Each says that it was asked for; without `preview` in the file each says why it was not."""
    page.goto(PATH)
    page.get_by_label("Version").select_option("*")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer.failed")).to_have_count(3)
    expect(page.locator(".answer").first).to_contain_text("preview: {header: x-preview}")
    save(site, "    stable: blue\n", "    stable: blue\n    preview: {header: x-preview}\n")
    page.reload()
    page.get_by_label("Version").select_option("*")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer dl")).to_have_count(3)
    expect(page.locator(".answer", has_text="green")).to_contain_text("asked for by name (x-preview: green)")
    shot("try-all")
    axe(page)


def test_a_mistake_is_told_by_the_model_and_a_user_is_pinned(page: Page) -> None:
    """The model's own words stand where its answer would; who asks decides where the route says so."""
    page.goto(PATH)
    page.get_by_label("month").fill("13")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer")).to_have_count(0)
    page.evaluate("document.querySelector('[data-name=month]').removeAttribute('max')")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer.failed")).to_contain_text("month")
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_label("month")).to_have_value("3")
    page.get_by_label("User").fill("ada")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer")).to_contain_text("pinned to it (header x-user-id = ada)")


def test_a_route_that_asks_for_keys_is_tried_with_the_gateways_own(site: Site, page: Page) -> None:
    """No client's key is needed, and without one its clients are turned away."""
    (site.gateway.folder / "keys.txt").write_text(with_key("", new_key("acme")[1]), encoding="utf-8")
    save(site, "    stable: blue\n", "    stable: blue\n    auth: {keys: keys.txt}\n")
    assert site.gateway.request("/v2/models/late")[0] == 401
    page.goto(PATH)
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer dl")).to_have_count(1)


def test_a_public_form_asks_the_route_itself(
    site: Site, page: Page, excuse: Excuse, shot: Shot, axe: Check
) -> None:
    """Anybody may open it on the data plane; with keys, whoever has one is answered."""
    told, key = new_key("acme")
    (site.gateway.folder / "keys.txt").write_text(with_key("", key), encoding="utf-8")
    save(site, "    stable: blue\n", "    stable: blue\n    try_page: true\n    auth: {keys: keys.txt}\n")
    until(lambda: site.gateway.request("/try/late")[0] == 200)
    host, port = site.gateway.listen
    excuse(f"asked another site: http://{host}:{port}/")
    page.goto(f"http://{host}:{port}/try/late")
    page.get_by_label("Your key").fill(told)
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer dl")).to_contain_text("late_probability")
    expect(page.locator(".answer")).to_contain_text(re.compile("Version (blue|canary)"))
    assert told not in page.content()
    shot("try-public")
    axe(page)
