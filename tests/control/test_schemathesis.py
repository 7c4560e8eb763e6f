"""The admin API against its own description: made-up requests find no 500 and no undescribed answer.

The seed is fixed, so that a run in CI says the same today and tomorrow. `GATEWAY_API_EXAMPLES` is how many
requests are made up for each operation, `GATEWAY_API_SEED` which: `make test-api` runs for five minutes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.checks import content_type_conformance, status_code_conformance
from schemathesis.specs.openapi.checks import response_schema_conformance

from gateway.control.api import build_app
from gateway.control.openapi import document

if TYPE_CHECKING:
    from tests.control.conftest import Site

EXAMPLES = int(os.environ.get("GATEWAY_API_EXAMPLES", "6"))
"""Made-up requests for each operation, as many that fit its description as those that do not."""
SEED = int(os.environ.get("GATEWAY_API_SEED", "1"))
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


def strategies(operation: Any) -> Iterator[SearchStrategy[Any]]:
    """What fits the description, what does not, and what is about a route that there is."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        yield operation.as_strategy(mode)
    if "{name}" in operation.path:
        yield operation.as_strategy(GenerationMode.POSITIVE, path_parameters={"name": "late"})


def made_up(strategy: SearchStrategy[Any]) -> Callable[[Callable[[Any], None]], Callable[[], None]]:
    """Return the decorator that calls a function with so many examples, always the same."""
    many = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    return lambda ask: many(seed(SEED)(given(strategy)(ask)))


def test_no_made_up_request_finds_a_mistake_of_ours(site: Site) -> None:
    """Whatever is sent to an operation, the answer is none of 500 and is one of those described."""
    schema = schemathesis.openapi.from_dict(document())
    schema.app = build_app(site.places, lambda: None)
    seen: Counter[int] = Counter()
    problems: dict[str, str] = {}

    def ask(case: Any) -> None:
        answer = case.call(headers={"host": "127.0.0.1:9090"})
        seen[answer.status_code] += 1
        assert answer.status_code != 500, f"{case.as_curl_command()}: {answer.text}"
        case.validate_response(answer, checks=CHECKS)

    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
    for operation in operations:
        for strategy in strategies(operation):
            try:
                made_up(strategy)(ask)()
            except Unsatisfiable:
                continue  # without parameters and body there is nothing to get wrong
            except Exception as error:
                problems[f"{operation.label} {len(problems)}"] = f"{type(error).__name__}: {error}"
    print(f"\n{sum(seen.values())} requests to {len(operations)} operations: {sorted(seen.items())}")
    assert not problems, "\n\n".join(f"{name}: {told}" for name, told in problems.items())
    assert len(operations) == sum(map(len, document()["paths"].values()))
    assert {200, 400, 404, 422} <= set(seen)
