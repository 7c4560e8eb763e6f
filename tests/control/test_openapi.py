"""The description is true: what it names is there, and what is there it names."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gateway.control.api import Api
from gateway.control.openapi import document
from gateway.control.operation import Operation
from gateway.control.operations import OPERATIONS
from gateway.control.problems import MEDIA_TYPE
from gateway.routing.places import Places
from tests.control import logged

if TYPE_CHECKING:
    from tests.control.conftest import Control

BODIES: dict[str, Any] = {
    "setWeights": {"weights": {"blue": 1, "canary": 1}, "reason": "a test"},
    "rollBackRoute": None,
    "rollBackAll": {"to": 1, "reason": "a test"},
    "startRollout": {"canary": "canary", "steps": [10, 25], "reason": "a test"},
    "promoteRollout": {"full": True},
    "addSilence": {"rule": "errors", "reason": "a test"},
    "pseudonym": {"key": "user-17"},
    "query": {"sql": "SELECT 1 AS one"},
    "addLabels": {"id": "0123456789abcdef" * 2, "label": 1},
    "createToken": {"name": "ci", "role": "viewer"},
    "revokePerson": {"person": "user:ann"},
    "tryRoute": {"inputs": {}},
}
QUERIES = {"planRollout": "?canary=canary&rate=50&steps=50"}
"""What has to be asked for in the query."""
BEFORE: dict[str, tuple[str, ...]] = {
    "pauseRollout": ("startRollout",),
    "resumeRollout": ("startRollout", "pauseRollout"),
    "promoteRollout": ("startRollout",),
    "abortRollout": ("startRollout",),
    "endSilence": ("addSilence",),
    "revokeToken": ("createToken",),
}
"""What has to have happened for an operation to be possible."""
WITHOUT_TRAFFIC = {"tryRoute": 503, "pseudonym": 404}
"""What asks the data plane, or for what it recorded: neither is here; tests of the whole gateway try it."""


def references(value: Any) -> Iterator[str]:
    """Every $ref anywhere in a document."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_path_and_method_is_described_and_no_other() -> None:
    """Routed is documented and documented is routed."""
    routed = {
        (route.path, method.lower())
        for route in Api(Places(Path("/nowhere")), lambda: None).routes()
        for method in route.methods or ()
        if method != "HEAD"
    }
    described = {(path, method) for path, methods in document()["paths"].items() for method in methods}
    assert described == routed


def test_every_reference_leads_somewhere() -> None:
    """A client generator finds all that is named."""
    whole = document()
    for reference in references(whole):
        found: Any = whole
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert found


def test_every_path_declares_its_parameters() -> None:
    """What stands in braces is described as a parameter."""
    known = document()["components"]["parameters"]
    for path, methods in document()["paths"].items():
        for described in methods.values():
            used = [known[reference["$ref"].rsplit("/", 1)[1]] for reference in described["parameters"]]
            declared = {one["name"] for one in used if one["in"] == "path"}
            assert declared == set(re.findall(r"{(\w+)}", path))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_answers_as_described(control: Control, operation: Operation) -> None:
    """A good request is answered with 200 and exactly the documented shape."""
    site = control.site
    site.tally().beat(time.monotonic() + 60, 1, 0)
    site.list_processes({"role": "control", "pid": control.process.pid}, {"role": "worker", "pid": 0})
    made = "1"
    for name in BEFORE.get(operation.name, ()):
        earlier = next(found for found in OPERATIONS if found.name == name)
        before = control.ask("POST", earlier.path.replace("{name}", "late"), BODIES.get(name))
        assert before.status == 200
        made = str(before.json.get("id", "")) or made
    if operation.name == "request":
        logged.write(site.places, logged.record(1, id="1"))
    path = operation.path.replace("{name}", "late").replace("{id}", "1").replace("{token}", made)
    path += QUERIES.get(operation.name, "")
    answer = control.ask(operation.method.upper(), path, BODIES.get(operation.name))
    responses = document()["paths"][operation.path][operation.method]["responses"]
    if operation.name in WITHOUT_TRAFFIC:
        assert answer.status == WITHOUT_TRAFFIC[operation.name]
        assert str(answer.status) in responses
        return
    assert answer.status == 200
    described = responses["200"]
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in described["content"]
    assert ("etag" in answer.headers) == ("headers" in described)
    if operation.answer is not None:
        operation.answer.model_validate(answer.json, extra="forbid")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_refusals_are_as_described(control: Control, operation: Operation) -> None:
    """A foreign Host header is refused everywhere, as the problem that is documented."""
    path = operation.path.replace("{name}", "late").replace("{id}", "1")
    answer = control.ask(operation.method.upper(), path, headers={"host": "evil.example"})
    responses = document()["paths"][operation.path][operation.method]["responses"]
    assert str(answer.status) in responses
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert MEDIA_TYPE in responses[str(answer.status)]["content"]


def test_the_served_document_is_this_one(control: Control) -> None:
    """/openapi.json is what was tested here."""
    assert control.ask("GET", "/openapi.json").json == document()
