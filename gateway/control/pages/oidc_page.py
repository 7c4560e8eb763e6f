"""The way in for people who log in at an identity provider: there, and back with a session.

The provider sends the browser back across sites. A session's cookie does not go along with what such a
redirect leads to (SameSite=Strict), so the answer is a page of ours that leads on.
"""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse, Response

from gateway.audit.event import attempt_now
from gateway.control.access.identity import COOKIE as SESSION
from gateway.control.access.identity import session_cookie
from gateway.control.access.login import REFUSED, access_of, source_of
from gateway.control.access.oidc import CALLBACK, START, Oidc
from gateway.control.access.oidc_attempt import LIFE
from gateway.control.pages.desk import Desk
from gateway.control.pages.login_page import set_session
from gateway.control.pages.page import Page
from gateway.control.problems import Refusal

COOKIE: Final = f"{SESSION}_oidc"
"""Begins like a session's, so that the proxy keeps it from services too."""
NO_REFERRER: Final = {"referrer-policy": "no-referrer"}
"""For what is answered to whom the provider sent back: code and state stand in their address."""
HERE: Final = "here"
"""Stands in the query of whom we sent to the dashboard's own address, lest they go round in circles."""


def pages(desk: Desk) -> list[Page]:
    """Return the pages of logging in at a provider."""

    async def start(request: Request) -> Response:
        try:
            return await _start(request)
        except Refusal as refusal:
            return _refused(desk, request, refusal)

    async def callback(request: Request) -> Response:
        try:
            answer = await _finish(desk, request)
        except Refusal as refusal:
            answer = _refused(desk, request, refusal)
        answer.headers.update(NO_REFERRER)
        return answer

    return [Page(START, start, role=None), Page(CALLBACK, callback, role=None)]


async def _start(request: Request) -> Response:
    oidc = _oidc(request)
    if _is_elsewhere(request, oidc.settings.url) and HERE not in request.query_params:
        return RedirectResponse(f"{oidc.settings.url}{START}?{HERE}", 303)  # the cookie belongs there
    address, cookie = await oidc.begin(source_of(request.scope))
    answer = RedirectResponse(address, 303)
    _set_cookie(answer, oidc, cookie)
    return answer


async def _finish(desk: Desk, request: Request) -> Response:
    oidc, access, source = _oidc(request), access_of(request), source_of(request.scope)
    try:
        principal = await oidc.finish(_cookie(request, oidc), request.query_params, source)
    except Refusal as refusal:
        if (attempt := attempt_now()) is not None:
            attempt.detail = refusal.detail
        if refusal.status == 403:
            await asyncio.to_thread(access.on_event, "login", None, source, "", REFUSED)
        raise
    session = await asyncio.to_thread(access.welcome, principal, source, session_cookie(request.scope))
    answer = desk.page(request, "oidc_done.html", {}, title="You are in")
    set_session(answer, request, session)
    _set_cookie(answer, oidc, "")
    return answer


def _refused(desk: Desk, request: Request, refusal: Refusal) -> Response:
    answer = desk.page(request, "oidc.html", {"why": refusal.detail}, title="Not logged in")
    answer.status_code = refusal.status
    answer.headers.update(refusal.headers)
    return answer


def _oidc(request: Request) -> Oidc:
    found = access_of(request).oidc
    if found is None:
        raise Refusal(404, "this gateway has no identity provider; log in with a token")
    return found


def _is_elsewhere(request: Request, url: str) -> bool:
    """Tell whether the browser calls the dashboard by another name than it comes back to."""
    parts = urlsplit(url)
    usual = {"http": ":80", "https": ":443"}[parts.scheme]
    return request.headers.get("host", "").lower() != parts.netloc.lower().removesuffix(usual)


def _cookie_name(oidc: Oidc) -> str:
    return f"__Host-{COOKIE}" if oidc.is_secure else COOKIE


def _cookie(request: Request, oidc: Oidc) -> str:
    jars = [cookie_parser(value) for value in request.headers.getlist("cookie")]
    return next((jar[_cookie_name(oidc)] for jar in jars if _cookie_name(oidc) in jar), "")


def _set_cookie(answer: Response, oidc: Oidc, cookie: str) -> None:
    """Hand out what has to come back from the provider, which is another site: so it is Lax."""
    answer.set_cookie(
        _cookie_name(oidc),
        cookie,
        max_age=int(LIFE) if cookie else 0,
        path="/",
        secure=oidc.is_secure,
        httponly=True,
        samesite="lax",
    )
