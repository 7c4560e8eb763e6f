"""Whatever clients and models write is shown as text, on each page that shows it, in a real browser.

It goes through the real gateway and its log. A few payloads usually; all of them by `make attacks`, which
says how many attempts that were: one is one payload in one field on one page.
"""

from __future__ import annotations

import csv
import http.client
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Excuse
from tests.browser.hostile_model import HostileModel
from tests.browser.payloads import PAYLOADS, Payload, arm, effects
from tests.browser.stage import Site
from tests.waiting import BOUND, until

ALL = bool(os.environ.get("GATEWAY_ATTACKS"))
USED = PAYLOADS if ALL else tuple(one for one in PAYLOADS if one.name in ("close", "quote", "equals"))
PATH = "/v2/models/evil"
SEARCHED = ("route", "version", "status", "outcome", "why", "since", "until", "path", "key", "before")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
ROWS = (
    "SELECT path, left(name, 9000) AS name, version, left(inputs, 9000) AS i, left(outputs, 9000) AS o "
    "FROM (SELECT *, unnest(json_keys(inputs)) AS name FROM requests)"
)
Seen = Counter[str]


@pytest.fixture
def evil(site: Site, page: Page, excuse: Excuse) -> Iterator[Site]:
    """The gateway with a hostile model; refusals are no mistake of a page."""
    excuse("the server responded with a status of 4")
    with HostileModel() as model:
        text = site.gateway.text()
        text = text.replace("routes:\n", f"  evil: {{url: {model.url}}}\nroutes:\n")
        text += f"  - name: evil\n    path: {PATH}\n    weights: {{evil: 100}}\n"
        text += "    sticky: {header: x-user-id}\n"
        before = site.api("GET", "/api/v1/status")["revision"]
        (site.gateway.folder / "routing.yaml").write_text(text)
        until(lambda: site.api("GET", "/api/v1/status")["revision"] > before)
        yield site
        site.restore()


def send(site: Site, payload: Payload, free: str) -> str:
    """Send a payload everywhere a client can put one; return the request's id."""
    values = [("free", free), (payload.text, payload.text), (f"two {payload.text}", payload.text)]
    body = {
        "id": payload.text,
        "inputs": [
            {"name": name, "datatype": "BYTES", "shape": [1], "data": [text]} for name, text in values
        ],
        "parameters": {payload.text: payload.text},
    }
    short = payload.text[:300]
    header = "".join(one for one in short if one.isprintable()).encode().decode("latin-1")
    headers = dict.fromkeys(("x-user-id", "user-agent", "traceparent", "x-request-id"), header)
    for end in (quote(short, safe=""), quote(header.encode("latin-1"), safe="")):
        wire = http.client.HTTPConnection(*site.gateway.listen, timeout=BOUND)
        wire.request(
            "POST", f"{PATH}/{end}", json.dumps(body), {**headers, "content-type": "application/json"}
        )
        answer = wire.getresponse()
        told = answer.read()
        wire.close()
        if answer.headers["x-model-version"]:
            return str(answer.headers["x-request-id"])
    raise AssertionError((payload.name, answer.status, told[:300]))


def look(page: Page, dialogs: list[str], seen: Seen, where: str, fields: int, *shown: str) -> None:
    """Fail where a payload did anything on the page, or is not shown as text; count the attempts."""
    assert not effects(page), (where, effects(page))
    assert not dialogs, (where, dialogs)
    text = page.locator("body").text_content() or ""
    for one in shown:
        assert one in text, (where, one[:200], text[:2_000])
    seen[where] += fields


def exact(payload: Payload) -> str:
    """Return what must be on a page: a payload, or its mark where it is long or has control characters."""
    return payload.text if payload.text.isprintable() and len(payload.text) < 280 else payload.mark


def test_what_clients_and_models_write_is_shown_as_text(evil: Site, page: Page) -> None:
    """As requests, in SQL, charts and CSV, in models' values, forms and answers, in what is searched for."""
    dialogs, seen = arm(page), Seen()
    sent: dict[str, Payload] = {}
    for payload in USED:
        sent[send(evil, payload, payload.text)] = payload
        sent[send(evil, payload, f"fail {payload.text}")] = payload
    until(lambda: {one["id"] for one in listed(evil)} >= set(sent), "for what was sent to be in the log")
    for identity, payload in sent.items():
        evil.ask("POST", "/api/v1/labels", {"id": identity, "label": payload.text[:200]})
    for step in (requests, searches, sql, charts, tries, models):
        step(evil, page, dialogs, seen, sent)
    print(f"{sum(seen.values())} attempts: {dict(seen)}")


def listed(site: Site) -> list[dict[str, Any]]:
    """Return the requests of the hostile model."""
    found: list[dict[str, Any]] = site.api("GET", "/api/v1/requests?route=evil&limit=500")["requests"]
    return found


def requests(site: Site, page: Page, dialogs: list[str], seen: Seen, sent: dict[str, Payload]) -> None:
    """The list, and each request: names and values of inputs, outputs, parameters, path, error, label."""
    page.goto("/requests?route=evil")
    look(page, dialogs, seen, "requests", len(sent), *(quote(one.mark) for one in USED))
    for identity, payload in sent.items():
        page.goto(f"/requests/{identity}")
        look(page, dialogs, seen, "request", 9, exact(payload))


def searches(site: Site, page: Page, dialogs: list[str], seen: Seen, sent: dict[str, Payload]) -> None:
    """What stands in a link that somebody was sent."""
    for payload in USED:
        text = payload.text[:1_500]
        page.goto(f"/requests?{urlencode(dict.fromkeys(SEARCHED, text))}")
        look(page, dialogs, seen, "search", len(SEARCHED))
        page.goto(f"/requests?{urlencode({'id': text.strip() or 'x'})}")
        look(page, dialogs, seen, "no such request", 1)
        page.goto(f"/audit?{urlencode({'who': text, 'what': text, 'route': text})}")
        look(page, dialogs, seen, "audit", 3)
        page.goto(f"/sql?{urlencode({'q': text})}")
        look(page, dialogs, seen, "query in a link", 1)


def sql(site: Site, page: Page, dialogs: list[str], seen: Seen, sent: dict[str, Payload]) -> None:
    """A table of all of them, as CSV without a cell that a spreadsheet would run."""
    page.goto("/sql")
    page.get_by_label("One SELECT over the request log").fill(f"{ROWS} WHERE route = 'evil'")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    assert page.locator("#rows tbody tr").count() >= 2 * len(sent)  # of some the log keeps fewer inputs
    look(page, dialogs, seen, "sql", 4 * len(sent), *(one.mark for one in USED if one.name != "long"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    csv.field_size_limit(10_000_000)
    with Path(download.value.path()).open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert len(cells) >= 10 * len(sent)
    assert not [cell for cell in cells if cell.startswith(FORMULA)]
    seen["csv"] += 4 * len(sent)


def charts(site: Site, page: Page, dialogs: list[str], seen: Seen, sent: dict[str, Payload]) -> None:
    """Names of columns, values below a chart, errors, and the name of a saved query."""
    page.goto("/sql")
    box = page.get_by_label("One SELECT over the request log")
    for payload in USED:
        text = "".join(payload.text[:150].splitlines()).replace("\0", "")
        name, value = text.replace('"', '""'), text.replace("'", "''")
        box.fill(f'SELECT \'{value}\' || range AS "{name}", range AS "n {name}" FROM range(3)')
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#chart figcaption")).to_contain_text(payload.mark)
        look(page, dialogs, seen, "chart", 4, payload.mark)
        box.fill(f'SELECT "{name}" FROM requests')
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#wrong")).to_contain_text("Line 1")
        page.get_by_label("Save as").fill(text)
        page.get_by_role("button", name="Save", exact=True).click()
        look(page, dialogs, seen, "error and saved query", 2)


def tries(site: Site, page: Page, dialogs: list[str], seen: Seen, sent: dict[str, Payload]) -> None:
    """A form made from what a model says of itself, and its answers."""
    page.goto("/try")
    look(page, dialogs, seen, "try", 1)
    page.goto("/try/evil")
    look(page, dialogs, seen, "form", 4 * len(PAYLOADS))
    for payload in USED:
        text = "".join(payload.text[:9_000].splitlines())
        for given, kind in ((text, ".answer dl"), (f"fail {text}", ".answer.failed")):
            page.get_by_label("free").or_(page.locator("#inputs")).first.fill(given)
            page.get_by_role("button", name="Predict").click()
            expect(page.locator(kind)).to_contain_text(payload.mark)
            look(page, dialogs, seen, "answer", 2)


def models(site: Site, page: Page, dialogs: list[str], seen: Seen, sent: dict[str, Payload]) -> None:
    """What was watched, once the keeper has looked."""
    if ALL:
        until_looked(site)
    for path in ("/models", "/models/evil"):
        page.goto(path)
        look(page, dialogs, seen, "models", len(USED))


def until_looked(site: Site) -> None:
    """Wait for the keeper's look, which comes each minute."""
    for _ in range(6):
        try:
            until(lambda: site.api("GET", "/api/v1/monitors/evil")["values"])
        except AssertionError:
            continue
        return
    pytest.fail("the keeper has not looked")
