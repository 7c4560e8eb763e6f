"""The shapes of what the admin API takes and tells of single requests and of queries."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from gateway.control.models import Answer, Strict

QUERY_LIMIT, QUERY_MOST = 1_000, 100_000
SQL_LIMIT = 20_000
KEY_LIMIT = 8_000


class LoggedRequest(Answer):
    """One answered request, as the view `requests` has it; times in milliseconds.

    `status` 0: the client left before there was one. `why`: weights, sticky, override or preview.
    """

    id: str
    at: str
    method: str | None
    path: str | None
    route: str | None
    version: str | None
    why: str | None
    status: int | None
    outcome: str | None
    latency_ms: float | None
    key: str | None


class FoundRequests(Answer):
    """Requests, newest first; `next` is the `before` of those that follow, null: there are none."""

    requests: list[LoggedRequest]
    next: str | None


class Truth(Answer):
    """What was true of one row of a request, beside what was predicted."""

    row: int
    label: str
    predicted: str | None
    received: str | None


class WholeRequest(LoggedRequest):
    """Everything that the log has of a request; `inputs` and `outputs` after the route's filter.

    `notes` say what is missing and why.
    """

    model: str | None
    chosen: str | None
    revision: int | None
    queue_ms: float | None
    service_ms: float | None
    attempts: int | None
    request_bytes: int | None
    response_bytes: int | None
    trace_id: str | None
    span_id: str | None
    parent_id: str | None
    traced: bool | None
    inputs: Any
    outputs: Any
    parameters: Any
    request_body: str | None
    response_body: str | None
    notes: list[str]
    worker: int | None
    n: int | None
    labels: list[Truth]


class KeyGiven(Strict):
    """A user's sticky key, as the client sends it."""

    key: Annotated[str, Field(min_length=1, max_length=KEY_LIMIT)]


class Pseudonym(Answer):
    """What the request log has in the place of a sticky key."""

    pseudonym: str


class NewQuery(Strict):
    """One SELECT over the views of the request log, and how many rows to answer at most."""

    sql: Annotated[str, Field(min_length=1, max_length=SQL_LIMIT)]
    limit: Annotated[int, Field(ge=1, le=QUERY_MOST)] = QUERY_LIMIT


class QueryAnswer(Answer):
    """A query's rows; `truncated`: there are more, or more bytes than are answered at once.

    Times are in ISO 8601, whole numbers beyond 2^53 are text.
    """

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    truncated: bool
    seconds: float
