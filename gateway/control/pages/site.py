"""All pages of the dashboard, and the files they need."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gateway.control.pages.desk import FOLDER, Desk
from gateway.control.pages.page import Page
from gateway.control.problems import Refusal

KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}


def all_pages(desk: Desk) -> list[Page]:
    """Return every page there is."""
    return [
        Page("/static/{file:path}", static, role=None),
    ]


async def static(request: Request) -> Response:
    """Answer one of the dashboard's own files."""
    root = FOLDER / "static"
    found = (root / request.path_params["file"]).resolve()
    if not found.is_relative_to(root) or found.suffix not in KINDS or not found.is_file():
        raise Refusal(404, "there is no such file")
    return FileResponse(found, media_type=KINDS[found.suffix])
