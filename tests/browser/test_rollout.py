"""A person starts a rollout, watches it, promotes it, and takes it back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Check, Excuse, Shot, Visit
from tests.browser.stage import Site

PATH = "/routes/late/rollout"
API = "/api/v1/routes/late/rollout"


@pytest.fixture(autouse=True)
def _unknown_traffic(excuse: Excuse) -> None:
    """The planner is told 422 where no traffic was seen of late, and asks for it by its sliders then."""
    excuse("/plan?canary=")


def begin(page: Page, steps: str = "30,60,100", reason: str = "retrained") -> None:
    """Fill in the form and start."""
    page.goto(PATH)
    page.get_by_label("Version to roll out").select_option("canary")
    page.get_by_label("Steps in percent").fill(steps)
    page.locator("#start-reason").fill(reason)
    page.get_by_role("button", name="Start the rollout").click()
    expect(page.locator(".headline")).to_contain_text("step 1 of 3, 30 %")


def test_a_rollout_is_started_and_watched(site: Site, page: Page, shot: Shot, axe: Check) -> None:
    """The page shows steps, each metric with its interval, and evidence that grows while one looks."""
    begin(page)
    assert site.api("GET", API)["progress"]["state"] == "progressing"
    expect(page.locator(".track [aria-current=step]")).to_contain_text("30 %")
    errors = page.get_by_label("errors", exact=True)
    expect(errors).to_contain_text(re.compile(r"canary fails\s*none of \d+ users"))
    expect(errors.locator("canvas")).to_be_visible()
    expect(errors).to_contain_text("evidence that it is good enough")
    chart = errors.locator(".evidence [role=img]")
    expect(chart).to_have_attribute("aria-label", re.compile("passes this step at .*; is taken back at "))
    expect(page.locator("#events")).to_contain_text("retrained")
    expect(page.get_by_role("button", name="Start the rollout")).to_be_hidden()
    expect(page.locator("#plan")).to_be_hidden()
    shot("rollout")
    axe(page)


def test_it_is_paused_resumed_and_promoted(site: Site, page: Page) -> None:
    """Each event with its reason, which the list of events then has."""
    begin(page)
    page.locator("#move-reason").fill("lunch")
    promote = page.get_by_role("button", name="Next step (60 %)")
    expect(promote).to_have_accessible_description(re.compile("goes to step 2: 60 % of users, now"))
    expect(page.get_by_role("button", name="Resume")).to_be_hidden()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".headline")).to_contain_text("paused at step 1")
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    expect(page.locator("#events")).to_contain_text("lunch")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".headline")).to_contain_text("is being rolled out")
    page.get_by_role("button", name="Next step (60 %)").click()
    expect(page.locator(".headline")).to_contain_text("step 2 of 3, 60 %")
    expect(page.get_by_role("button", name="Next step")).to_be_disabled()
    expect(page.locator("#does-promote")).to_contain_text("Not now: what follows this step is 100 %")
    assert site.weights()["canary"] == 60.0


def test_making_it_stable_asks_in_words(site: Site, page: Page) -> None:
    """What will happen is said; nothing happens to who says no, also by Escape."""
    begin(page)
    page.get_by_role("button", name="Make it stable").click()
    expect(page.get_by_role("dialog")).to_contain_text("canary then gets 100 % of late at once")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert site.weights()["canary"] == 30.0
    page.get_by_role("button", name="Make it stable").click()
    page.get_by_role("button", name="Yes, give it everything").click()
    expect(page.locator(".headline")).to_contain_text("The last rollout: canary became stable")
    assert site.weights()["canary"] == 100.0


def test_yes_is_for_the_rollout_that_was_asked_about(site: Site, page: Page, excuse: Excuse) -> None:
    """Another one may begin behind the dialog: it is not promoted by a yes to the one before."""
    excuse("412")
    begin(page)
    page.get_by_role("button", name="Make it stable").click()
    site.api("POST", f"{API}/abort", {})
    site.api("POST", API, {"canary": "green", "steps": [20, 100], "force": True})
    expect(page.locator(".headline")).to_contain_text("green")
    expect(page.get_by_role("dialog")).to_contain_text("canary then gets 100 %")
    page.get_by_role("button", name="Yes, give it everything").click()
    expect(page.locator("#told")).to_contain_text("Something was changed meanwhile")
    assert site.weights()["green"] == 20.0


def test_a_move_is_told_where_the_page_cannot_be_shown_anew(site: Site, page: Page, excuse: Excuse) -> None:
    """What was done is done: the failing look shows as a lost connection, not as a refusal."""
    excuse("503")
    begin(page)
    page.route("**/rollout/state", lambda route: route.fulfill(status=503))
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#told")).to_contain_text("Paused.")
    expect(page.locator("#connection")).to_be_visible()
    assert site.api("GET", API)["progress"]["state"] == "paused"


def test_it_is_aborted_with_one_click(site: Site, page: Page, shot: Shot) -> None:
    """Whatever happened meanwhile: what takes traffic away is never refused as outdated."""
    begin(page)
    site.api("PUT", "/api/v1/routes/protocol/weights", {"weights": {"blue": 1, "green": 1}})
    page.get_by_role("button", name="Abort").click()
    expect(page.locator(".headline")).to_contain_text("canary was taken back")
    expect(page.locator(".track .ended")).to_contain_text("30 %")
    assert site.weights() == {"blue": 100.0, "green": 0.0, "canary": 0.0}
    shot("rollout-over")


def test_two_people_do_not_promote_twice(site: Site, page: Page, visit: Visit, excuse: Excuse) -> None:
    """The second one's click was meant for the step before: it is refused and shown what is so now."""
    other = visit()
    excuse("412")
    begin(page)
    other.add_init_script("Object.defineProperty(document, 'hidden', {value: true})")  # it never looks again
    other.goto(PATH)
    page.get_by_role("button", name="Next step (60 %)").click()
    expect(page.locator(".headline")).to_contain_text("step 2 of 3")
    other.get_by_role("button", name="Next step (60 %)").click()
    expect(other.locator("#told")).to_contain_text("Something was changed meanwhile")
    expect(other.locator(".headline")).to_contain_text("step 2 of 3")
    assert site.api("GET", API)["progress"]["step"] == 2


def test_the_planner_answers_its_sliders(page: Page, excuse: Excuse) -> None:
    """Fewer requests take longer; what cannot be planned is said in its own words."""
    page.goto(PATH)
    excuse("422")
    answer = page.locator("#answer")
    expect(answer).to_contain_text("To 100 %")
    rate = page.locator("#rate-number")
    before = rate.input_value()
    page.get_by_label("Steps in percent").fill("30,100")
    expect(answer).to_contain_text("30 %")
    expect(answer).to_contain_text("Warning: outputs hold")
    expect(rate).to_have_value(before)  # whatever the traffic is by now
    rate.fill("1000")
    expect(answer.locator(".total")).to_contain_text(re.compile(r"To 100 %: \S+ (s|min) "))
    quick = answer.locator(".total").inner_text()
    rate.fill("0.1")
    expect(answer.locator(".total")).not_to_have_text(quick)
    expect(page.locator("#plan-source")).to_have_text("as you say")
    page.get_by_label("Smallest regression to find").fill("0")
    expect(answer).to_contain_text("Finds 1.25 × the errors")


def test_bad_steps_cannot_be_started_and_say_why(site: Site, page: Page) -> None:
    """In the words in which the API would refuse them, at once; good ones can be started again."""
    page.goto(PATH)
    start, said = page.get_by_role("button", name="Start the rollout"), page.locator("#steps-problem")
    for typed in ("50,20", "30,30,100", "30,200", "0,50", "100"):
        page.get_by_label("Steps in percent").fill(typed)
        expect(start).to_be_disabled()
        steps = [float(word) for word in typed.split(",")]
        status, refused = site.ask("POST", API, {"canary": "canary", "steps": steps})
        assert status == 422
        words = refused["detail"].removesuffix("; nothing was changed")
        expect(said).to_have_text(f"It cannot start so: {words}.")
    for typed in ("", "many", "30,,100"):
        page.get_by_label("Steps in percent").fill(typed)
        expect(start).to_be_disabled()
        expect(said).to_contain_text("percentages that grow")
    page.get_by_label("Steps in percent").fill("30 %, 60")
    expect(said).to_be_hidden()
    expect(start).to_be_enabled()


def test_steps_that_move_users_back_cannot_be_started(page: Page) -> None:
    """The canary has 25 % already."""
    page.goto(PATH)
    page.get_by_label("Steps in percent").fill("5,100")
    expect(page.locator("#steps-problem")).to_contain_text("its users would move back")
    expect(page.get_by_role("button", name="Start the rollout")).to_be_disabled()
