"""Who may call what: every endpoint and page, with every method, for everybody there is.

Made from the documents that describe them, so that a new one cannot be forgotten: without a role it cannot
even be built (tests/control/access/test_gate.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from gateway.control.access.listening import Listening
from gateway.control.access.roles import ROLES, Role, has
from gateway.control.access.token_store import TokenStore
from gateway.control.access.tokens import Grant
from gateway.control.app import build_app
from gateway.control.openapi import document
from gateway.control.operations import OPERATIONS
from gateway.control.pages.desk import Desk
from gateway.control.pages.site import all_pages
from gateway.control.problems import MEDIA_TYPE
from gateway.routing.admin_settings import AdminSettings
from tests.control.asgi_client import Asked, ask

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from tests.control.conftest import Site

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
ELSEWHERE = frozenset({"protocol"})
"""The route of those who are limited; what is asked for is `late`."""
FEWEST_CELLS = 1000
FILLED = {"{name}": "late", "{id}": "1", "{file:path}": "app.js"}


@dataclass(frozen=True)
class Cell:
    """One method of one path: `role` None: anybody. `responses` are those described, None for a page."""

    method: str
    path: str
    role: Role | None
    is_whole: bool = False
    responses: frozenset[str] | None = None

    @property
    def is_page(self) -> bool:
        """Whether people look at it."""
        return self.responses is None

    @property
    def target(self) -> str:
        """The path with its parameters filled in."""
        found = self.path
        for parameter, value in FILLED.items():
            found = found.replace(parameter, value)
        return found


def cells(site: Site) -> Iterator[Cell]:
    """Every endpoint of the description, then every page."""
    known = {(one.path, one.method): one for one in OPERATIONS}
    for path, methods in document()["paths"].items():
        for method, described in methods.items():
            one = known[path, method]
            for name in ("GET", "HEAD") if method == "get" else (method.upper(),):
                yield Cell(name, path, one.role, one.is_whole, frozenset(described["responses"]))
    for page in all_pages(Desk(site.places, lambda: None)):
        for method in (*page.methods, *(["HEAD"] if "GET" in page.methods else [])):
            yield Cell(method, page.path, page.role, page.is_whole)


@dataclass(frozen=True)
class Person:
    """Somebody who asks: nobody in particular (no role), or the bearer of a token."""

    role: Role | None = None
    is_limited: bool = False
    text: str = ""

    def __str__(self) -> str:
        return f"{self.role or 'nobody'}{' of another route' if self.is_limited else ''}"

    def is_let_in(self, cell: Cell) -> bool:
        """Tell what the table of roles says."""
        if cell.role is None:
            return True
        if self.role is None or not has(self.role, cell.role):
            return False
        is_about_all = cell.is_whole or cell.method not in ("GET", "HEAD")
        return not self.is_limited or ("{name}" not in cell.path and not is_about_all)


@pytest.fixture
def people(site: Site) -> list[Person]:
    """Nobody, and one of each role: for all routes, and for another route."""
    tokens = TokenStore(site.places.access)
    found = [Person()]
    for role in ROLES:
        for routes in (None, ELSEWHERE):
            _, text = tokens.create(f"{role}{len(found)}", Grant(role, routes), "test")
            found.append(Person(role, routes is not None, text))
    return found


@pytest.fixture
def app(site: Site) -> ASGIApp:
    """The admin side, asking everybody who they are."""
    return build_app(site.places, lambda: None, Listening(settings=AdminSettings("required")))


async def answered(app: ASGIApp, person: Person, method: str, target: str) -> Asked:
    """Ask with a body that no endpoint takes, so that nothing much is done behind an open door."""
    headers = {"content-type": "application/json", "sec-fetch-site": "none"}
    if person.text:
        headers["authorization"] = f"Bearer {person.text}"
    return await ask(app, method, target, headers, b"[" if method not in ("GET", "HEAD") else b"")


def problem_of(cell: Cell, person: Person, found: Asked) -> str:
    """Return what is wrong with an answer, empty where nothing is."""
    if person.is_let_in(cell):
        wrong = found.status in (401, 403) or (found.status == 303 and found.headers["location"] == "/login")
        wrong = wrong and cell.path != "/logout"
    elif person.role is None and cell.is_page and cell.method == "GET":
        wrong = (found.status, found.headers.get("location")) != (303, "/login")
    else:
        wrong = found.status != (401 if person.role is None else 403) or found.media_type != MEDIA_TYPE
    if wrong or found.status == 500:
        return f"{cell.method} {cell.target} for {person}: {found.status}"
    if cell.responses is not None and str(found.status) not in cell.responses:
        return f"{cell.method} {cell.target} for {person}: {found.status} is not described"
    return ""


async def test_everybody_gets_what_their_role_opens_and_nothing_else(
    site: Site, app: ASGIApp, people: list[Person]
) -> None:
    """Each described method for each person; each other method is none for nobody and for an admin."""
    table = list(cells(site))
    problems, count = [], 0
    for cell in table:
        for person in people:
            found = await answered(app, person, cell.method, cell.target)
            count += 1
            problems.append(problem_of(cell, person, found))
    for path in {cell.path: cell.target for cell in table}.values():
        there = {cell.method for cell in table if cell.target == path}
        for person in (people[0], people[-2]):
            for method in METHODS:
                if method not in there:
                    found = await answered(app, person, method, path)
                    count += 1
                    problems.append("" if found.status == 405 else f"{method} {path}: {found.status}")
    print(f"\n{count} cells: {len(table)} doors, {len(people)} people")
    assert [problem for problem in problems if problem] == []
    assert count >= FEWEST_CELLS
