"""What routing.yaml may say about watching: plain data with the defaults that hold unsaid.

Durations are seconds, shares are fractions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Group = Literal["software", "inputs", "outputs", "quality"]
GROUPS: tuple[Group, ...] = ("software", "inputs", "outputs", "quality")
Severity = Literal["page", "ticket", "info"]
Comparison = Literal[">", "<"]

SIGNALS: dict[str, tuple[Group, str]] = {
    "rate": ("software", "answers a second"),
    "errors": ("software", "share of answers that failed: 5xx, and the gateway's 502, 503, 504"),
    "refused": ("software", "share of requests that the gateway refused"),
    "latency_p50": ("software", "milliseconds"),
    "latency_p99": ("software", "milliseconds"),
    "fallbacks": ("software", "share of requests that another version than the chosen one answered"),
    "queue_p99": ("software", "milliseconds that a request waited for its turn"),
    "dropped": ("software", "share of records that the log could not take"),
    "cpu": ("software", "cores that the version's replicas use"),
    "memory": ("software", "bytes that the version's replicas hold"),
    "missing": ("inputs", "share of predictions without this input"),
    "out_of_range": ("inputs", "share of values outside the range that the model declares"),
    "new_categories": ("inputs", "share of values that training never saw"),
    "drift": ("inputs", "population stability index against training"),
    "output_drift": (
        "outputs",
        "population stability index against training, else against the first windows",
    ),
    "null": ("outputs", "share of predictions that are null or no number"),
    "positive": ("outputs", "share of predictions at or above the label threshold"),
    "confidence": ("outputs", "mean of max(p, 1 - p)"),
    "labelled": ("quality", "share of predictions whose truth is known"),
    "accuracy": ("quality", "share of predictions that were right"),
    "log_loss": ("quality", "mean log loss"),
    "auc": ("quality", "area under the ROC curve"),
    "calibration": ("quality", "expected calibration error"),
    "mae": ("quality", "mean absolute error"),
    "rmse": ("quality", "root mean squared error"),
    "bias": ("quality", "mean of prediction minus truth"),
    "decay": ("quality", "evidence that the loss has grown since the version began; 1 is enough"),
}
"""What an alert may compare, the group it belongs to, and its unit."""


@dataclass(frozen=True, slots=True)
class Monitor:
    """How a route is watched.

    Every `every` seconds the predictions of that stretch become one summary; alerts look at the last
    `window`. `time` names an input, or `parameters.<name>`, that says when a prediction belongs (ISO 8601
    or seconds since 1970); empty: when it was answered. `groups` are those watched, empty: none.
    """

    every: float = 60.0
    window: float = 3600.0
    time: str = ""
    groups: tuple[Group, ...] = GROUPS


@dataclass(frozen=True, slots=True)
class AlertRule:
    """When to raise an alarm, such as `when: errors > 2%` with `for: 5m`.

    `signal` is one of `SIGNALS`; `field` an input or output, empty: each of them on its own (for what is
    not of a field: nothing). `routes` and `versions`: those looked at, empty: all. It fires once it has held
    for `hold` seconds, and is resolved once it has not held for as long.
    """

    name: str
    signal: str
    comparison: Comparison
    value: float
    field: str = ""
    hold: float = 0.0
    severity: Severity = "ticket"
    routes: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    least: int = 100
    """Predictions (or answers) that the window must hold; fewer say nothing."""


DEFAULT_ALERTS: tuple[AlertRule, ...] = (
    AlertRule("errors", "errors", ">", 0.05, hold=120.0, severity="page"),
    AlertRule("log-drops", "dropped", ">", 0.001, hold=60.0),
    AlertRule("missing-input", "missing", ">", 0.05),
    AlertRule("input-out-of-range", "out_of_range", ">", 0.05),
    AlertRule("new-categories", "new_categories", ">", 0.02),
    AlertRule("input-drift", "drift", ">", 0.25, least=1_000),
    AlertRule("output-drift", "output_drift", ">", 0.25, least=1_000),
    AlertRule("null-output", "null", ">", 0.01),
    AlertRule("quality-decay", "decay", ">", 1.0),
)
"""What is watched where routing.yaml has no `alerts`; a rule of the same name replaces one of these."""
