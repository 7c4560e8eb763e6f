"""What an alert says to a person: what moved, by how much, of which version, since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from gateway.watching.alerts import Alert, released

SHARES = frozenset(
    {
        "errors",
        "refused",
        "fallbacks",
        "dropped",
        "missing",
        "out_of_range",
        "new_categories",
        "null",
        "positive",
        "labelled",
        "accuracy",
    }
)
"""Signals that are written in percent."""
MOST_NAMED = 3
WHAT = {
    "rate": "answers a second",
    "errors": "errors",
    "refused": "requests refused",
    "latency_p50": "median latency",
    "latency_p99": "99th percentile of latency",
    "fallbacks": "requests that fell back",
    "queue_p99": "99th percentile of waiting",
    "dropped": "records that the log lost",
    "cpu": "cores used",
    "memory": "memory",
    "missing": "missing values",
    "out_of_range": "values out of range",
    "new_categories": "values never seen in training",
    "drift": "drift (PSI)",
    "output_drift": "drift (PSI)",
    "null": "null or no number",
    "positive": "positive predictions",
    "confidence": "mean confidence",
    "labelled": "predictions with a truth",
    "accuracy": "accuracy",
    "log_loss": "log loss",
    "auc": "AUC",
    "calibration": "calibration error",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "bias": "bias",
    "decay": "evidence that the loss has grown",
}


def written(signal: str, value: float | None) -> str:
    """Write a signal's value with its unit."""
    if value is None:
        return "unknown"
    if signal in SHARES:
        return f"{100 * value:.3g} %"
    if signal in ("latency_p50", "latency_p99", "queue_p99"):
        return f"{value:.3g} ms"
    if signal == "memory":
        return f"{value / 2**20:,.0f} MiB"
    return f"{value:.3g}"


def time_of(seconds: float) -> str:
    """Write a moment as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def what(alert: Alert) -> str:
    """Say what an alert is about: `drift (PSI) of distance, v1`."""
    of = f" of {alert.field}" if alert.field else ""
    whose = f", {alert.version}" if alert.version else ""
    return f"{WHAT.get(alert.signal, alert.signal)}{of}{whose}"


def sentence(alert: Alert) -> str:
    """Say everything of one alert."""
    value, limit = written(alert.signal, alert.value), _limit(alert)
    if alert.state == "resolved":
        course = alert.course
        was = f"from {time_of(course.since)} until {time_of(course.resolved)} it was {limit}"
        now = "nothing to be seen any more" if course.is_blind else f"{value} again"
        return f"{what(alert)}: {now}; {was}"
    parts = [f"{what(alert)}: {value}"]
    if alert.state in ("pending", "firing"):
        parts.append(_held(alert) or limit)
    if alert.detail:
        parts.append(alert.detail)
    if alert.before is not None:
        parts.append(f"it was {written(alert.signal, alert.before)} in the window before")
    if alert.reference is not None and alert.signal not in ("drift", "output_drift"):
        parts.append(f"{written(alert.signal, alert.reference)} in training")
    if alert.course.since:
        parts.append(f"since {time_of(alert.course.since)}")
    if alert.course.is_blind:
        parts.append("there is not enough data now to say more")
    return ", ".join(parts)


def together(alerts: Sequence[Alert]) -> str:
    """Say everything of the alerts of one rule and route in one sentence."""
    if len(alerts) == 1:
        return sentence(alerts[0])
    if all(it.state == "resolved" for it in alerts):
        names = ", ".join(what(it) for it in alerts[:MOST_NAMED])
        more = f" and {len(alerts) - MOST_NAMED} more" if len(alerts) > MOST_NAMED else ""
        return f"{names}{more} are no longer {_limit(alerts[0])}"
    strongest = sorted(alerts, key=lambda it: (-abs((it.value or 0.0) - it.threshold), it.key))
    named = [f"{what(it)}: {written(it.signal, it.value)}" for it in strongest[:MOST_NAMED]]
    more = f"; and {len(alerts) - MOST_NAMED} more" if len(alerts) > MOST_NAMED else ""
    since = time_of(min(it.course.since for it in alerts))
    return f"{len(alerts)} are {_limit(alerts[0])}, since {since}: {'; '.join(named)}{more}"


def _held(alert: Alert) -> str:
    """Say why an alarm of decay goes on below its threshold; empty where it does not."""
    if alert.signal != "decay" or alert.comparison != ">" or (alert.value or 0.0) >= alert.threshold:
        return ""
    over = written(alert.signal, released(alert.threshold))
    return f"it was {_limit(alert)} and has not fallen to {over}"


def _limit(alert: Alert) -> str:
    side = "above" if alert.comparison == ">" else "below"
    if alert.signal == "decay" and alert.comparison == ">":
        side = "at or above"
    return f"{side} {written(alert.signal, alert.threshold)}"
