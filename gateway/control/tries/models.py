"""What a trial of a route says and is answered, for the admin API and its description."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

Rule = Literal["preview", "override", "sticky", "weights", "fallback"]
Value = bool | int | float | Annotated[str, Field(max_length=10_000)]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-~]+$")]


class NewTry(BaseModel):
    """One prediction: its inputs by name, and perhaps which version is to answer, or all of them.

    `user` is who asks, where the route pins users by a header or a cookie.
    """

    inputs: Annotated[dict[str, Value], Field(max_length=1000)]
    version: Word | None = None
    all: bool = False
    user: Word | None = None


class Why(BaseModel):
    """Which rule chose the version, and the same in words."""

    rule: Rule
    told: str


class TriedOutput(BaseModel):
    """One output of a model: a single value, or what it answered instead."""

    name: str
    value: Any


class TryAnswer(BaseModel):
    """One answer: `version` gave it, empty where none did; `error` is what was said instead of outputs."""

    version: str
    why: Why | None
    status: int
    outputs: list[TriedOutput]
    error: str
    request_id: str
    milliseconds: float


class NotTried(BaseModel):
    """A version that cannot be asked for by name, and why."""

    version: str
    why: str


class Tried(BaseModel):
    """What the route's versions answered; `model` is the one that was asked at `target`."""

    route: str
    model: str
    target: str
    answers: list[TryAnswer]
    not_tried: list[NotTried]
