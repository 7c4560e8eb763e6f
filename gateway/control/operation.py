"""One method of one path of the admin API, as data: what `openapi` describes."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from pydantic import BaseModel

from gateway.control.access.roles import Role

READ = (421,)
CHANGE = (400, 403, 404, 412, 413, 415, 421, 422, 503)
"""Statuses with which any reading and any change may be refused."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. Without an `answer` model the answer is text; `refusals` are statuses.

    `has_lines`: many bodies may come at once, one on each line. `role` is what it takes, None: anybody may;
    `is_whole`: it shows single requests of any route, so it is not for those limited to some.
    """

    method: str
    path: str
    name: str
    summary: str
    answer: type[BaseModel] | None
    body: type[BaseModel] | None = None
    body_required: bool = False
    has_lines: bool = False
    refusals: tuple[int, ...] = READ
    _: KW_ONLY
    role: Role | None
    is_whole: bool = False
