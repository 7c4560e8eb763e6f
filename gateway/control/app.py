"""The admin side as one ASGI application: the API and the pages, each path behind its gate."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from gateway.control.access.gate import Door, gated
from gateway.control.access.identity import Identity
from gateway.control.access.listening import LOCAL, Listening
from gateway.control.access.login import Access
from gateway.control.access.oidc import Oidc
from gateway.control.api import Api
from gateway.control.guard import Guard
from gateway.control.meanwhile import stale_answer
from gateway.control.operations import OPERATIONS
from gateway.control.pages.desk import Desk
from gateway.control.pages.page import Page
from gateway.control.pages.site import all_pages
from gateway.control.pages.trouble import Readable
from gateway.control.problems import ANSWERED, answer, answer_http
from gateway.control.trail.watch import Audited, action_of, on_access
from gateway.errors import StaleRevision
from gateway.routing.places import Places


def build_app(
    places: Places,
    settle: Callable[[], None],
    listening: Listening = LOCAL,
    desk: Desk | None = None,
    folder: Path = Path(),
) -> Audited:
    """Return the admin side as an ASGI application; see `Api` for `settle`.

    `folder` is where the files are that routing.yaml names.
    """
    desk = desk or Desk(places, settle)
    pages = all_pages(desk)
    shown = [Route(page.path, page.handler, methods=list(page.methods)) for page in pages]
    app = Starlette(
        routes=gated([*Api(places, settle).routes(), *shown], _doors(pages)),
        exception_handlers={
            HTTPException: answer_http,
            StaleRevision: stale_answer(places),
            **dict.fromkeys(ANSWERED, answer),
        },
    )
    app.router.redirect_slashes = False
    oidc = Oidc(listening.settings.oidc, folder) if listening.settings.oidc else None
    access = Access.at(places.access, partial(on_access, places), oidc=oidc)
    inside = Identity(app, access, open_to=listening.is_open_to)
    return Audited(Readable(Guard(inside, listening), desk), places)


def _doors(pages: Iterable[Page]) -> dict[tuple[str, str], Door]:
    """Return who may call what, by method and path."""
    doors = {
        (one.method.upper(), one.path): Door(one.role, is_whole=one.is_whole, name=action_of(one.name))
        for one in OPERATIONS
    }
    return doors | {
        (method, page.path): Door(page.role, is_page=True, is_whole=page.is_whole)
        for page in pages
        for method in page.methods
    }
