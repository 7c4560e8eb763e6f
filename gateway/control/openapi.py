"""/openapi.json: the description of the admin API, its schemas taken from the models the code checks with."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.control import models
from gateway.control.operation import Operation
from gateway.control.operations import OPERATIONS, PARAMETERS, QUERY_PARAMETERS
from gateway.control.problems import MEDIA_TYPE as PROBLEM_TYPE

API_VERSION = "1.3.0"
"""Of this description: the first number changes when what was answered before no longer is."""

_REFS = "#/components/schemas/{model}"


@cache
def document() -> dict[str, Any]:
    """Return the description."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gateway admin API",
            "version": API_VERSION,
            "description": "Where requests go, how well that works, and every way to change it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": _schemas(), "parameters": PARAMETERS},
    }


def _schemas() -> dict[str, Any]:
    used: dict[type[BaseModel], Literal["validation"]] = {models.Problem: "validation"}
    for operation in OPERATIONS:
        used |= {model: "validation" for model in (operation.answer, operation.body) if model}
    _, found = models_json_schema(list(used.items()), ref_template=_REFS)
    schemas: dict[str, Any] = found["$defs"]
    return schemas


def _described(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in _parameters(operation)],
        "responses": {"200": _answer(operation), **dict(map(_refusal, _refusals(operation)))},
    }
    if operation.body is not None:
        content = {"application/json": {"schema": _reference(operation.body)}}
        if operation.has_lines:
            content["application/x-ndjson"] = {"schema": {"type": "string"}}
        found["requestBody"] = {"required": operation.body_required, "content": content}
    return found


def _refusals(operation: Operation) -> list[int]:
    # A wrong token is refused everywhere, and too many of them are.
    asked = (401, 429) if operation.role is None else (401, 403, 429)
    return sorted({*operation.refusals, *asked})


def _parameters(operation: Operation) -> list[str]:
    found = ["name"] if "{name}" in operation.path else []
    if "{id}" in operation.path:
        found.append("request" if operation.name == "request" else "silence")
    if "{token}" in operation.path:
        found.append("token")
    is_of_plan = operation.answer is not None and "revision" in operation.answer.model_fields
    if operation.body is not None and is_of_plan:
        found.append("ifMatch")
    return [*found, *QUERY_PARAMETERS.get(operation.name, ())]


def _answer(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {"description": operation.summary}
    if operation.answer is not None:
        found["content"] = {"application/json": {"schema": _reference(operation.answer)}}
        if operation.name == "query":
            found["content"]["text/csv"] = {"schema": {"type": "string"}}
        if "revision" in operation.answer.model_fields and not operation.is_whole:
            found["headers"] = {
                "ETag": {"description": "The revision, for If-Match", "schema": {"type": "string"}}
            }
    elif operation.path == "/metrics":
        text = {"schema": {"type": "string"}}
        found["content"] = {"text/plain": text, "application/openmetrics-text": text}
    else:
        found["content"] = {"application/json": {"schema": {"type": "object"}}}
    return found


def _refusal(status: int) -> tuple[str, dict[str, Any]]:
    content = {PROBLEM_TYPE: {"schema": _reference(models.Problem)}}
    return str(status), {"description": HTTPStatus(status).phrase, "content": content}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REFS.format(model=model.__name__)}
