"""The shapes of what the admin API takes and tells of alerts, silences and watched values."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.control.models import Answer, Reason, Strict

State = Literal["inactive", "pending", "firing", "resolved"]


class AlertState(Answer):
    """One alert. `before` is the value in the window before it began, `reference` that of training.

    `no_data`: there is not enough now to say whether it still holds. `query` shows the value in SQL, empty
    where the log does not have it. `why` is a sentence.
    """

    rule: str
    route: str
    version: str
    field: str
    signal: str
    state: State
    severity: Literal["page", "ticket", "info"]
    value: float | None
    n: int
    comparison: Literal[">", "<"]
    threshold: float
    before: float | None
    reference: float | None
    no_data: bool
    since: str | None
    fired: str | None
    resolved: str | None
    why: str
    query: str
    silenced: bool


class SilenceState(Answer):
    """Nobody is told of a rule, on one route or (empty) on all, until then."""

    id: int
    rule: str
    route: str
    author: str
    reason: str
    since: str
    until: str


class Alerts(Answer):
    """The alerts, firing ones first, and the silences in force."""

    alerts: list[AlertState]
    silences: list[SilenceState]


class NewSilence(Strict):
    """A rule that nobody is to be told of for so many seconds; `route` empty: on every one."""

    rule: Annotated[str, Field(min_length=1)]
    route: str = ""
    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 7200.0
    reason: Reason


class WatchedValue(Answer):
    """One value in the latest window; `field` empty: of no field, `version` empty: of the route as a whole.

    `reference` is from `training` or from the `first` values (`reference_of`), `before` from the window
    before. `distance` goes with drift: the Jensen-Shannon divergence in bits.
    """

    group: Literal["software", "inputs", "outputs", "quality"]
    signal: str
    version: str
    field: str
    value: float | None
    n: int
    reference: float | None
    reference_of: str
    before: float | None
    distance: float | None
    state: State
    since: str | None
    unit: str
    query: str


class RouteMonitor(Answer):
    """A route's latest values, as of `at`, null: nothing was looked at yet."""

    route: str
    at: str | None
    window_seconds: float
    values: list[WatchedValue]
