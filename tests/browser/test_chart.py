"""Half an hour of live data: charts and the page Now keep what they need, and no more."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import Check
from tests.browser.stage import Site
from tests.waiting import BOUND, until

HALF_AN_HOUR = 1800
HEAP_GROWTH = 1_000_000
NODES_GROWTH = 40
FAKE_SOURCE = """
window.EventSource = class extends EventTarget {
  static CLOSED = 2;
  readyState = 1;
  constructor() { super(); window.fed = this; }
  close() {}
};
"""
MAKE = """async () => {
  const { chart } = await import('/static/chart.js');
  const into = document.createElement('div');
  document.getElementById('main').append(into);
  window.drawn = chart(into, {
    series: [{ name: 'blue' }, { name: 'canary' }], unit: 'ms', title: 'Latency', limit: 600,
  });
}"""
PUSH = """async (count) => {
  window.at ??= 1.8e9;
  for (let n = 0; n < count; n += 1) {
    window.drawn.push(window.at += 1, [10 + Math.sin(n), n % 7 ? 20 : null]);
    if (n % 100 === 0) await new Promise(requestAnimationFrame);
  }
}"""
FEED = """async ([text, count]) => {
  const state = JSON.parse(text);
  window.at ??= state.t;
  for (let n = 0; n < count; n += 1) {
    const [first, ...others] = state.routes;
    const versions = first.versions.map((one) => ({ ...one, rate: n % 50, p99: 5 + n % 9 }));
    const routes = [{ ...first, rate: n, versions }, ...others];
    const data = JSON.stringify({ ...state, t: window.at += 1, warnings: [`warning ${n % 3}`], routes });
    window.fed.dispatchEvent(new MessageEvent('now', { data }));
    if (n % 100 === 0) await new Promise(requestAnimationFrame);
  }
}"""


@contextmanager
def metrics(page: Page) -> Iterator[CDPSession]:
    """The browser's own figures of a page."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    yield session
    session.detach()


def figures(session: CDPSession) -> tuple[float, float]:
    """The bytes in use and the nodes of the document, once what is not needed is gone."""
    session.send("HeapProfiler.collectGarbage")
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return found["JSHeapUsedSize"], found["Nodes"]


def check_growth(before: tuple[float, float], session: CDPSession) -> None:
    """Fail where the second half an hour cost memory that stays; some of what goes takes its time."""

    def is_small() -> bool:
        heap, nodes = figures(session)
        return heap - before[0] < HEAP_GROWTH and nodes - before[1] < NODES_GROWTH

    until(is_small, f"for the page to be as small as {before} again")


def first_event(site: Site) -> str:
    """Return the JSON of one event `now`."""
    wire = http.client.HTTPConnection(site.gateway.admin, timeout=BOUND)
    wire.request("GET", "/events")
    answer = wire.getresponse()
    line = b""
    while line != b"event: now\n":
        line = answer.readline()
        assert line, "the stream ended"
    text = answer.readline().removeprefix(b"data: ").decode()
    answer.close()
    wire.close()
    return text


def test_a_chart_does_not_grow(site: Site, page: Page) -> None:
    """It keeps its limit of points; the second 1,800 cost nothing that stays."""
    page.goto("/")
    page.evaluate(MAKE)
    with metrics(page) as session:
        page.evaluate(PUSH, HALF_AN_HOUR)
        before = figures(session)
        page.evaluate(PUSH, HALF_AN_HOUR)
        check_growth(before, session)
    assert page.evaluate("window.drawn.size()") == 600


def test_the_page_now_does_not_grow(site: Site, page: Page) -> None:
    """With its charts open, half an hour of events after half an hour."""
    text = first_event(site)
    page.add_init_script(FAKE_SOURCE)
    page.goto("/")
    page.locator("[data-route=late] .more summary").first.click()
    expect(page.locator("[data-route=late] canvas")).to_have_count(2)
    with metrics(page) as session:
        page.evaluate(FEED, [text, HALF_AN_HOUR])
        before = figures(session)
        page.evaluate(FEED, [text, HALF_AN_HOUR])
        check_growth(before, session)
    assert page.locator("[data-route=late] [data-spark=rate] path").first.get_attribute("d").count("L") == 179  # type: ignore[union-attr]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chart_can_be_read_as_text(site: Site, page: Page, axe: Check, scheme: str) -> None:
    """The latest values in words, all of them as a table, in colours that are those of the scheme."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto("/")
    page.evaluate(MAKE)
    page.evaluate("window.drawn.set([1.8e9, 1.8e9 + 1], [[1, 2], [3, null]])")
    figure = page.locator("figure.chart").last
    expect(figure.locator("figcaption")).to_contain_text("Latency, ms")
    expect(figure.locator("figcaption")).to_contain_text("blue 2")
    figure.get_by_text("As a table").click()
    expect(figure.locator("tbody tr")).to_have_count(2)
    expect(figure.locator("tbody tr").first).to_contain_text("2–")
    if scheme == "light":
        axe(page)
