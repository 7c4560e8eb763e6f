"""The admin API against its own description: made-up requests find no 500 and no undescribed answer.

The seed is fixed, so that a run in CI says the same today and tomorrow. `GATEWAY_API_EXAMPLES` is how many
requests are made up for each operation, `GATEWAY_API_SEED` which; `GATEWAY_API_SECONDS` how long it goes on
with every role, and with other requests each time: `make fuzz-api` runs for five minutes.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, product
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.checks import content_type_conformance, status_code_conformance
from schemathesis.specs.openapi.checks import response_schema_conformance

from gateway.control.access.listening import Listening
from gateway.control.access.roles import ROLES
from gateway.control.access.token_store import TokenStore
from gateway.control.access.tokens import Grant
from gateway.control.app import build_app
from gateway.control.openapi import document
from gateway.routing.admin_settings import AdminSettings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from tests.control.conftest import Site

EXAMPLES = int(os.environ.get("GATEWAY_API_EXAMPLES", "6"))
"""Made-up requests for each operation, as many that fit its description as those that do not."""
SEED = int(os.environ.get("GATEWAY_API_SEED", "1"))
SECONDS = float(os.environ.get("GATEWAY_API_SECONDS", "0"))
MOST_TURNS = 1000
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


def strategies(operation: Any) -> Iterator[SearchStrategy[Any]]:
    """What fits the description, what does not, and what is about a route that there is."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        yield operation.as_strategy(mode)
    if "{name}" in operation.path:
        yield operation.as_strategy(GenerationMode.POSITIVE, path_parameters={"name": "late"})


def made_up(
    strategy: SearchStrategy[Any], which: int
) -> Callable[[Callable[[Any], None]], Callable[[], None]]:
    """Return the decorator that calls a function with so many examples, always the same ones of a seed."""
    many = settings(
        max_examples=EXAMPLES,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    return lambda ask: many(seed(which)(given(strategy)(ask)))


def from_here(app: ASGIApp) -> ASGIApp:
    """Return the app as programs of this machine meet it: nobody else comes in without a word."""

    async def here(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "client": ("127.0.0.1", 1)}, receive, send)

    return here


@dataclass
class Tried:
    """An app that is asked: the answers by status, and what was wrong with any, by operation."""

    app: ASGIApp
    seen: Counter[int] = field(default_factory=Counter)
    problems: dict[str, str] = field(default_factory=dict)

    def operations(self) -> list[Any]:
        """Return what its description has."""
        schema = schemathesis.openapi.from_dict(document())
        schema.app = self.app
        return [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]

    def one(self, operation: Any, which: int, more: dict[str, str]) -> None:
        """Ask one operation for all that is made up of it, with `more` header fields."""

        def ask(case: Any) -> None:
            answer = case.call(headers={"host": "127.0.0.1:9090", **more})
            self.seen[answer.status_code] += 1
            assert answer.status_code != 500, f"{case.as_curl_command()}: {answer.text}"
            case.validate_response(answer, checks=CHECKS)

        for strategy in strategies(operation):
            try:
                made_up(strategy, which)(ask)()
            except Unsatisfiable:
                continue  # without parameters and body there is nothing to get wrong
            except Exception as error:
                self.problems[f"{operation.label} {len(self.problems)}"] = f"{type(error).__name__}: {error}"

    def tell(self, who: str) -> None:
        """Print what came of it; fail where anything was wrong."""
        told = ", ".join(f"{status}: {times:,}" for status, times in sorted(self.seen.items()))
        print(f"\n{sum(self.seen.values()):,} requests of {who}: {told}")
        assert not self.problems, "\n\n".join(f"{name}: {what}" for name, what in self.problems.items())


def test_no_made_up_request_finds_a_mistake_of_ours(site: Site) -> None:
    """Whatever is sent to an operation, the answer is none of 500 and is one of those described."""
    tried = Tried(from_here(build_app(site.places, lambda: None)))
    operations = tried.operations()
    for operation in operations:
        tried.one(operation, SEED, {})
    tried.tell("anybody, where nobody is asked who they are")
    assert len(operations) == sum(map(len, document()["paths"].values()))
    assert {200, 400, 404, 422} <= set(tried.seen)


def test_none_does_in_any_role(site: Site) -> None:
    """The same where everybody is asked: for nobody, and for each role of all routes and of another one.

    One operation is enough in CI, where tests/control/test_matrix.py asks all of them once in every role.
    """
    grants = [Grant(role, routes) for role, routes in product(ROLES, (None, frozenset({"protocol"})))]
    tokens, names, end = TokenStore(site.places.access), count(), time.monotonic() + SECONDS
    tried = Tried(build_app(site.places, lambda: None, Listening(settings=AdminSettings("required"))))
    everything = tried.operations()
    for turn, operation in product(range(SEED, SEED + MOST_TURNS), everything):
        for grant in (None, *grants):
            # made anew each time: an admin may have revoked it
            token = tokens.create(f"t{next(names)}", grant, "test")[1] if grant else ""
            tried.one(operation, turn, {"authorization": f"Bearer {token}"} if token else {})
        if time.monotonic() > end:
            break
    tried.tell(f"nobody and of every role to {len(everything)} operations")
    assert {200, 401} <= set(tried.seen)
