"""The shapes of the admin API's bodies: what is accepted is checked by them, what is told is documented.

Those of the status are in `status_models`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

REASON_LIMIT = 500


def _on_one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line of visible characters")
    return text


Reason = Annotated[str, Field(max_length=REASON_LIMIT), AfterValidator(_on_one_line)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Strict(BaseModel):
    """A body in which nothing unknown is accepted and nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NewWeights(Strict):
    """A route's weights from now on: proportional; services left out get nothing."""

    weights: Annotated[dict[str, Weight], Field(min_length=1)]
    reason: Reason = ""


class Rollback(Strict):
    """Where to go back to: an earlier revision, or the stable service where `to` is left out."""

    to: Annotated[int, Field(ge=1)] | None = None
    reason: Reason = ""


class NewRollout(Strict):
    """A rollout to begin: its `steps` in percent hold until their verdict; without, those of routing.yaml.

    `force`: even if the canary has no replica that could answer.
    """

    canary: Annotated[str, Field(min_length=1)]
    steps: list[Annotated[float, Field(allow_inf_nan=False)]] | None = None
    force: bool = False
    reason: Reason = ""


class Reasoned(Strict):
    """An event of a rollout that needs no more than a reason."""

    reason: Reason = ""


class Promotion(Strict):
    """The next step, or with `full` everything at once."""

    full: bool = False
    reason: Reason = ""


class Answer(BaseModel):
    """What the API tells; a later version may tell more."""

    model_config = ConfigDict(strict=True, frozen=True)


class Problem(Answer):
    """RFC 9457: what was wrong with a request and what to do next."""

    type: str
    title: str
    status: int
    detail: str


class RouteWeights(Answer):
    """A route's division in percent."""

    route: str
    stable: str
    weights: dict[str, float]


class LiveWeights(RouteWeights):
    """A route's division in percent, as of a revision."""

    revision: int


class ChangedWeights(LiveWeights):
    """A route's division after a change; `changed` is false where it was like that before."""

    changed: bool


class ChangedPlan(Answer):
    """Every route's division after a change."""

    revision: int
    changed: bool
    routes: list[RouteWeights]


class RevisionEntry(Answer):
    """One revision; `file` tells whether routing.yaml says it."""

    revision: int
    at: str
    author: str
    reason: str
    action: str
    file: Literal["pending", "written", "unwritable"]
    difference: list[str]


class Revisions(Answer):
    """The latest revisions, newest first."""

    revisions: list[RevisionEntry]


class Alive(Answer):
    """This process answers."""

    alive: Literal[True]


class Ready(Answer):
    """The data plane answers."""

    ready: Literal[True]
