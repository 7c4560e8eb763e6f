"""The way in for people: a token is exchanged for a session. Works without scripts, and in no other way."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from gateway.control.access.gate import LOGIN
from gateway.control.access.identity import cookie_name, session_cookie
from gateway.control.access.login import access_of, source_of
from gateway.control.access.oidc import START
from gateway.control.pages.desk import Desk
from gateway.control.pages.page import Page
from gateway.control.problems import Refusal

BODY_LIMIT: Final = 4096
FORM: Final = "application/x-www-form-urlencoded"
TITLE: Final = "Log in"


def pages(desk: Desk) -> list[Page]:
    """Return the pages of coming in and going out."""

    async def login(request: Request) -> Response:
        if request.method == "POST":
            return await _log_in(desk, request)
        return _form(desk, request)

    return [
        Page(LOGIN, login, role=None, methods=("GET", "POST")),
        Page("/logout", _log_out, role=None, methods=("POST",)),
    ]


def _form(desk: Desk, request: Request, why: str = "") -> Response:
    oidc = access_of(request).oidc
    values = {"why": why, "provider": oidc.place if oidc else "", "start": START}
    return desk.page(request, "login.html", values, title=TITLE)


async def _log_in(desk: Desk, request: Request) -> Response:
    text, scope = await _token(request), request.scope
    access = access_of(request)
    try:
        cookie = await asyncio.to_thread(access.log_in, text, source_of(scope), session_cookie(scope))
    except Refusal as refusal:
        refused = _form(desk, request, refusal.detail)
        refused.status_code = refusal.status
        refused.headers.update(refusal.headers)
        return refused
    answer = RedirectResponse("/", 303)
    set_session(answer, request, cookie)
    return answer


async def _log_out(request: Request) -> Response:
    cookie = session_cookie(request.scope)
    if cookie:
        await asyncio.to_thread(access_of(request).log_out, cookie, source_of(request.scope))
    answer = RedirectResponse(LOGIN, 303)
    set_session(answer, request, "")
    return answer


def set_session(answer: Response, request: Request, cookie: str) -> None:
    """Hand out a session, or with an empty one take it back."""
    answer.set_cookie(
        cookie_name(request.scope),
        cookie,
        max_age=None if cookie else 0,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


async def _token(request: Request) -> str:
    """Return the token in the form; raises Refusal where it is no form."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != FORM:
        raise Refusal(415, f"send the form as {FORM}, with a field `token`")
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > BODY_LIMIT:
                raise Refusal(413, f"the form is larger than {BODY_LIMIT} bytes, and a token has 55")
    except ClientDisconnect:
        raise Refusal(400, "the form ended before its declared length") from None
    fields = parse_qs(content.decode("latin-1"))
    return fields.get("token", [""])[0].strip()
