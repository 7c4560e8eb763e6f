"""What hostile pages, clients and names have tried elsewhere, tried on the admin side; none gets through.

Each test counts its attempts and prints how many there were. tests/control/test_matrix.py has the roles.
"""

from __future__ import annotations

import itertools
import json
import re
import string
import time
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from gateway.control.access.listening import Listening
from gateway.control.access.roles import ROLES
from gateway.control.access.token_store import TokenStore
from gateway.control.access.tokens import Grant
from gateway.control.app import build_app
from gateway.control.operations import OPERATIONS
from gateway.control.pages.desk import Desk
from gateway.control.pages.site import all_pages
from gateway.routing.admin_settings import AdminSettings
from gateway.routing.change import Request, commit
from gateway.routing.revise import roll_back
from tests.control.asgi_client import Asked, ask

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from tests.control.conftest import Site

HOST, OWN = "127.0.0.1:9090", "http://127.0.0.1:9090"
FORM = "application/x-www-form-urlencoded"
MARKUP = (
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    "'\"><svg/onload=hit()>",
    '" autofocus onfocus=hit() x="',
    "</title><script>hit()</script>",
    "javascript:hit()",
    "{{ 7 * 7 }}{% raw %}",
    "</script><script>hit()</script>",
    "<iframe srcdoc='<script>hit()</script>'>",
)
PARAMETERS = ("route", "q", "version", "name", "sql", "id", "from", "to", "before")


class Markup(HTMLParser):
    """Collects what a browser would run or load: by element and by attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note handlers, inline scripts and what leads elsewhere."""
        given = dict(attrs)
        self.found += [f"{tag} {name}" for name in given if name.startswith("on") or name == "srcdoc"]
        source = given.get("src") or given.get("href") or given.get("action") or ""
        if source.lower().lstrip().startswith(("javascript:", "http:", "https:", "//")):
            self.found.append(f"{tag} to {source}")
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.found.append("script of its own")


@pytest.fixture
def app(site: Site) -> ASGIApp:
    """The admin side, asking everybody who they are."""
    return build_app(site.places, lambda: None, Listening(settings=AdminSettings("required")))


@pytest.fixture
def token(site: Site) -> str:
    """The token of an admin."""
    return TokenStore(site.places.access).create("ann", Grant("admin"), "test")[1]


async def logged_in(app: ASGIApp, token: str) -> str:
    """Log in as a browser does, and return the cookie."""
    found = await ask(app, "POST", "/login", {"content-type": FORM, "origin": OWN}, f"token={token}".encode())
    assert found.status == 303
    return found.headers["set-cookie"].partition(";")[0]


def changes() -> list[tuple[str, str]]:
    """Every method and path that changes something, pages included."""
    listed = [(one.method.upper(), one.path) for one in OPERATIONS if one.method != "get"]
    return [
        (method, path.replace("{name}", "late").replace("{id}", "1").replace("{token}", "00000000"))
        for method, path in [*listed, ("POST", "/login"), ("POST", "/logout")]
    ]


async def test_no_page_of_another_site_changes_anything(site: Site, app: ASGIApp, token: str) -> None:
    """With the person's own cookie, by every way a page has to send a request."""
    cookie = await logged_in(app, token)
    foreign = [
        {"origin": "http://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8080", "sec-fetch-site": "same-site"},
        {"origin": f"{OWN}.evil.example"},
        {"origin": f"{OWN}@evil.example"},
        {"origin": "https://127.0.0.1:9090"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "Same-Origin "},
        {"referer": f"{OWN}/"},
        {},
    ]
    types = ["text/plain", FORM, "multipart/form-data; boundary=x", "application/json"]
    attempts = 0
    for (method, path), page, kind in itertools.product(changes(), foreign, types):
        found = await ask(app, method, path, {"cookie": cookie, "content-type": kind, **page}, b"{}")
        attempts += 1
        assert found.status == 403, (method, path, page, kind, found.status)
    assert site.live() == 1
    print(f"\n{attempts} forged changes, none got through")
    assert attempts >= 500


async def test_no_name_of_another_reaches_it(app: ASGIApp, token: str) -> None:
    """DNS rebinding: whatever a name resolves to, it stands in Host; reading is refused as well."""
    names = [
        *("evil.example", "evil.example:9090", "127.0.0.1.nip.example", "localhost.evil.example", "0.0.0.0"),
        *("0", "127.1", "2130706433", "0x7f000001", "017700000001", "[::ffff:7f00:2]", "169.254.169.254"),
        *("localhost.", "localhost%00.evil", "localhost\t", " localhost", "localhost,evil.example", ""),
        *(
            "user@localhost",
            "localhost#evil",
            "localhost/evil",
            "localhost\\evil",
            "evil.example:80@localhost",
        ),
        *(
            "127.0.0.1:9090.evil",
            "127.0.0.1:99999x",
            "[::1]evil",
            "[::1].evil",
            "lоcalhost".encode().decode("latin-1"),
        ),
    ]
    bearer = {"authorization": f"Bearer {token}"}
    attempts = 0
    for name, (method, path) in itertools.product(
        names, [("GET", "/api/v1/status"), ("GET", "/"), *changes()]
    ):
        found = await ask(app, method, path, {"host": name, **bearer}, b"{}")
        attempts += 1
        assert found.status == 421, (name, method, path, found.status)
    for doubled in ([("host", HOST), ("host", "evil.example")], [("host", "evil.example"), ("host", HOST)]):
        found = await ask(app, "GET", "/api/v1/status", [*doubled, *bearer.items()])
        attempts += 1
        assert found.status == 421
    print(f"\n{attempts} requests by other names, none got through")


async def test_nothing_a_client_sends_says_who_it_is(app: ASGIApp) -> None:
    """Headers that proxies elsewhere are believed in, and words that are no token."""
    claims = [
        {name: value}
        for name in (
            *(
                "x-forwarded-for",
                "x-real-ip",
                "forwarded",
                "x-remote-user",
                "x-forwarded-user",
                "remote-user",
            ),
            *("x-original-url", "x-rewrite-url", "x-http-method-override", "x-forwarded-host", "via"),
        )
        for value in ("127.0.0.1", "admin", "for=127.0.0.1", "/healthz", "GET")
    ]
    wrong = ["", "Bearer", "Bearer ", "Bearer gw_00000000_", "Basic YWRtaW46YWRtaW4=", "Bearer admin", "gw_x"]
    claims += [{"authorization": value} for value in wrong]
    claims += [
        {"cookie": f"gateway_session={value}"} for value in ("", "admin", "0" * 43, "../../x", "' OR 1=1 --")
    ]
    attempts = 0
    for claim in claims:
        for path in ("/api/v1/status", "/api/v1/revisions", "/metrics"):
            found = await ask(app, "GET", path, claim)
            attempts += 1
            assert found.status in (401, 429), (claim, path, found.status)
    print(f"\n{attempts} claims to be somebody, none believed")


async def test_no_path_leads_out_of_the_files_or_past_a_door(app: ASGIApp) -> None:
    """Dots, slashes and encodings of them; and other ways to write a path that is guarded."""
    climbs = ["../" * n for n in range(1, 9)] + [
        "..%2f" * 4,
        "%2e%2e/" * 4,
        "..\\" * 4,
        "....//" * 4,
        "..;/" * 4,
    ]
    climbs += ["/", "//", "/./", "%2f", "%5c..", "..%00/", "..%c0%af" * 3, "%252e%252e%252f" * 3]
    targets = [
        "etc/passwd",
        "gateway/control/pages/desk.py",
        "desk.py",
        "templates/base.html",
        "app.js/../../desk.py",
    ]
    attempts = 0
    for climb, target in itertools.product(climbs, targets):
        found = await ask(app, "GET", f"/static/{climb}{target}")
        attempts += 1
        assert found.status in (404, 405), (climb, target, found.status)
        assert b"root:" not in found.content
        assert b"import" not in found.content
    doors = ["//api/v1/status", "/api//v1/status", "/api/v1/status/", "/API/v1/status", "/api/v1/./status"]
    doors += [
        "/static/../api/v1/status",
        "/healthz/../api/v1/status",
        "/api/v1/status%00",
        "/api/v1/status;x",
    ]
    doors += [
        "/%61pi/v1/status",
        "/api%2fv1%2fstatus",
        "/login/../api/v1/status",
        "/api/v1/status%2f..%2fstatus",
    ]
    for path in doors:
        found = await ask(app, "GET", path)
        attempts += 1
        assert found.status in (401, 404), (path, found.status)
    print(f"\n{attempts} paths, none led out")


async def test_no_text_becomes_markup(site: Site, app: ASGIApp, token: str) -> None:
    """In reasons, paths, parameters and cookies, on every page; each answer forbids scripts of its own."""
    bearer = {"authorization": f"Bearer {token}"}
    for markup in MARKUP:
        body = json.dumps({"weights": {"blue": 50, "canary": 50}, "reason": markup}).encode()
        as_json = {"content-type": "application/json", **bearer}
        await ask(app, "PUT", "/api/v1/routes/late/weights", as_json, body)
        commit(site.places, Request("rollback", markup, markup), lambda plan: roll_back(plan, "late"))
    paths = sorted(
        {page.path for page in all_pages(Desk(site.places, lambda: None)) if "GET" in page.methods}
    )
    attempts, shown = 0, 0
    for path in paths:
        for markup in (*MARKUP, ""):
            whole = re.sub(r"\{[^}]*\}", quote(markup, safe="") or "late", path)
            for names in ((*PARAMETERS, markup), ("q",), ("before",)):
                asked = "&".join(f"{quote(name)}={quote(markup)}" for name in names)
                found = await ask(app, "GET", f"{whole}?{asked}", {**bearer, "cookie": f"a={markup}"})
                attempts += len(names) + 2
                shown += problems_in(found, whole)
    history = (await ask(app, "GET", "/history", bearer)).content.decode()
    assert all(markup in unescape(history) for markup in MARKUP)
    print(f"\n{attempts} fields with markup to {len(paths)} pages, {shown} pages shown, none ran any")
    assert shown


def problems_in(found: Asked, path: str) -> int:
    """Fail where an answer has something to run; return 1 for a page that was looked at."""
    assert found.status != 500, path
    assert found.headers["x-content-type-options"] == "nosniff"
    policy = found.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    if found.media_type != "text/html":
        return 0
    reader = Markup()
    reader.feed(found.content.decode())
    assert reader.found == [], path
    return 1


@pytest.mark.parametrize("letter", ["\r\n", "\n", "\r", "\0"])
async def test_no_text_becomes_a_header(app: ASGIApp, token: str, letter: str) -> None:
    """What comes back in a header is made here; what a client sent stands in none."""
    attempts = 0
    for place in string.ascii_lowercase[:8]:
        evil = f"{place}{letter}set-cookie: hit=1"
        for method, path in (
            ("GET", f"/{quote(evil)}"),
            ("GET", f"/login?next={quote(evil)}"),
            ("POST", "/login"),
        ):
            headers = {"origin": OWN, "content-type": FORM, "authorization": f"Bearer {token}"}
            found = await ask(app, method, path, headers, f"token={quote(evil)}&next={quote(evil)}".encode())
            attempts += 1
            assert not [name for name, value in found.fields if "hit" in name + value]
    print(f"\n{attempts} texts with line ends, none in a header")


async def test_what_needs_no_token_names_nothing(site: Site, app: ASGIApp, token: str) -> None:
    """No route, service or file, whatever is wrong; whoever has a token hears why it is not ready."""
    attempts = 0
    paths = {one.path for one in OPERATIONS if one.role is None and one.method == "get"}
    for path in sorted(paths - {"/openapi.json"}):  # the same for every gateway
        for accept in ("", "application/json", "text/html", "text/plain"):
            found = await ask(app, "GET", path, {"accept": accept})
            attempts += 1
            for name in ("late", "protocol", "blue", "canary", str(site.places.state), "9001"):
                assert name not in found.content.decode(), (path, name)
    stranger = await ask(app, "GET", "/readyz")
    assert stranger.status == 503
    assert json.loads(stranger.content)["detail"] == "not ready; send a token to hear why"
    told = await ask(app, "GET", "/readyz", {"authorization": f"Bearer {token}"})
    assert json.loads(told.content)["detail"].startswith("no worker has given a sign of life")
    print(f"\n{attempts} questions without a token, none answered with a name")


async def test_no_session_is_known_before_it_is_made(site: Site, app: ASGIApp, token: str) -> None:
    """Session fixation: a cookie planted before a login, made up or another's own, is nobody's after it."""
    other = TokenStore(site.places.access).create("eve", Grant("viewer"), "test")[1]
    planted = [
        "gateway_session=",
        "gateway_session=admin",
        f"gateway_session={'0' * 43}",
        f"gateway_session={'A' * 64}",
    ]
    planted += [f"__Host-{one}" for one in planted]
    planted += [await logged_in(app, other) for _ in range(4)]
    attempts = 0
    for cookie in planted:
        headers = {"content-type": FORM, "origin": OWN, "cookie": cookie}
        found = await ask(app, "POST", "/login", headers, f"token={token}".encode())
        made = found.headers["set-cookie"].partition(";")[0]
        assert made.partition("=")[2] not in cookie
        for path in ("/api/v1/status", "/api/v1/tokens", "/api/v1/audit"):
            attempts += 1
            assert (await ask(app, "GET", path, {"cookie": cookie})).status == 401, cookie
            assert (await ask(app, "GET", path, {"cookie": made})).status != 401
    print(f"\n{attempts} requests with a cookie planted before the login, none known")


async def test_no_token_makes_one_that_may_more(site: Site, app: ASGIApp) -> None:
    """Token escalation: every role, with and without a limit to routes or in time, asks for each of all."""
    store = TokenStore(site.places.access)
    soon = time.time() + 3600
    limits: list[frozenset[str] | None] = [None, frozenset({"late"})]
    makers = [Grant(role, routes, end) for role in ROLES for routes in limits for end in (None, soon)]
    wishes = itertools.product(ROLES, (None, ["late"], ["late", "protocol"]), (None, 60.0, 86_400.0))
    refused = made = 0
    for number, (maker, (role, routes, seconds)) in enumerate(itertools.product(makers, list(wishes))):
        text = store.create(f"maker{number}", maker, "test")[1]
        wish = {"name": f"wish{number}", "role": role, "routes": routes, "seconds": seconds}
        headers = {"content-type": "application/json", "authorization": f"Bearer {text}"}
        found = await ask(app, "POST", "/api/v1/tokens", headers, json.dumps(wish).encode())
        outlives = maker.expires is not None and (seconds is None or seconds > 3600)
        may = maker.role == "admin" and maker.routes is None and not outlives
        assert found.status == (200 if may else 403), (maker, wish, found.content)
        made, refused = made + may, refused + (not may)
    print(f"\n{refused} tokens that would have gone too far, none made; {made} within bounds were")
    assert len(store.all()) == len(makers) * 27 + made
