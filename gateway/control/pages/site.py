"""All pages of the dashboard, and the files they need."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gateway.control.pages import (
    audit_page,
    events,
    history_page,
    login_page,
    models_page,
    now,
    oidc_page,
    requests_page,
    rollout_page,
    sql_page,
    tokens_page,
    try_page,
    weights_page,
)
from gateway.control.pages.desk import FOLDER, Desk
from gateway.control.pages.page import Page
from gateway.control.problems import Refusal

KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}


def all_pages(desk: Desk) -> list[Page]:
    """Return every page there is."""
    return [
        Page("/static/{file:path}", static, role=None),
        *now.pages(desk),
        *events.pages(desk),
        *login_page.pages(desk),
        *oidc_page.pages(desk),
        *tokens_page.pages(desk),
        *requests_page.pages(desk),
        *sql_page.pages(desk),
        *models_page.pages(desk),
        *try_page.pages(desk),
        *rollout_page.pages(desk),
        *weights_page.pages(desk),
        *history_page.pages(desk),
        *audit_page.pages(desk),
    ]


async def static(request: Request) -> Response:
    """Answer one of the dashboard's own files."""
    root = FOLDER / "static"
    name: str = request.path_params["file"]
    if "\0" in name:
        raise Refusal(404, "there is no such file")
    found = (root / name).resolve()
    if not found.is_relative_to(root) or found.suffix not in KINDS or not found.is_file():
        raise Refusal(404, "there is no such file")
    return FileResponse(found, media_type=KINDS[found.suffix])
