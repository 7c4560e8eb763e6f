"""What every page is made with: the gateway's places, and templates that escape whatever they are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway.control.access.roles import has, principal_of
from gateway.control.authors import author, deed, spoken
from gateway.control.pages.recent import History
from gateway.routing.places import Places

FOLDER: Final = Path(__file__).parent
TABS: Final = (
    ("/", "Now"),
    ("/requests", "Requests"),
    ("/sql", "SQL"),
    ("/models", "Models"),
    ("/try", "Try it"),
    ("/history", "History"),
)
"""What stands at the top of every page."""
CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing comes from elsewhere, and nothing that stands in a page itself is run."""


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(author=author, deed=deed, spoken=spoken)
    return made


@dataclass(frozen=True, slots=True)
class Desk:
    """What pages need; `settle` as for `gateway.control.api.Api`, `is_ending`: the process is to end soon."""

    places: Places
    settle: Callable[[], None]
    history: History = field(default_factory=History)
    is_ending: Callable[[], bool] = lambda: False
    templates: Environment = field(default_factory=_environment)

    def page(self, request: Request, template: str, values: Mapping[str, Any], *, title: str) -> Response:
        """Return a page, made from a template in `templates/`."""
        principal = principal_of(request.scope)
        text = self.templates.get_template(template).render(
            **values,
            title=title,
            tabs=TABS,
            path=request.url.path,
            who=principal.name if principal else "",
            is_open=request.scope.get("is_open", False),
            can_operate=principal is not None and has(principal.role, "operator"),
            is_admin=principal is not None and has(principal.role, "admin"),
            has_session=principal is not None and principal.kind == "session",
        )
        return HTMLResponse(text, headers={"content-security-policy": CONTENT_POLICY})
