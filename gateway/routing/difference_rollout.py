"""What changed about rollouts between two plans: how they are done, where one stands, who is told."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.routing.fields import shown_duration
from gateway.routing.judges import Judge, Metric
from gateway.routing.plan import Route, RoutingPlan, shortest_percent
from gateway.routing.rollouts import Hook, Notify, Progress, Rollout, Step


def rollout_changes(old: Route, new: Route) -> Iterator[str]:
    """Yield one short line for each change of a route's rollout, then of where it stands."""
    if old.preview != new.preview:
        yield f"preview {old.preview or 'none'} -> {new.preview or 'none'}"
    if old.rollout != new.rollout:
        yield from _settings(_written(old.rollout), _written(new.rollout))
    if new.progress is not None and old.progress != new.progress:
        yield from _moved(old.progress, new.progress)


def _settings(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    changed = [key for key, value in after.items() if before.get(key, value) != value]
    yield from (f"rollout.{key} {before[key]} -> {after[key]}" for key in changed)
    if not changed:
        yield "rollout changed in the query of a url"


def plan_changes(old: RoutingPlan, new: RoutingPlan) -> Iterator[str]:
    """Yield what changed for all routes: the preview listener, who is told, and what need not run."""
    if old.preview != new.preview:
        yield f"preview {old.preview or 'none'} -> {new.preview or 'none'}"
    if old.notify != new.notify:
        before, after = _receivers(old.notify), _receivers(new.notify)
        yield f"notify {before} -> {after}" if before != after else f"notify changed ({after})"
    yield from (f"service {name} parked" for name in new.parked if name not in old.parked)
    yield from (f"service {name} runs again" for name in old.parked if name not in new.parked)


def _receivers(notify: tuple[Notify, ...]) -> str:
    """Name no targets: they are often secret."""
    return ", ".join(found.kind for found in notify) or "none"


def _written(rollout: Rollout) -> dict[str, str]:
    """Return each setting as people write it, those of what is off left out."""
    return {
        "steps": ", ".join(map(shown_step, rollout.steps)),
        **{f"judge.{key}": value for key, value in _judge(rollout.judge).items()},
        "freeze": ", ".join(window.text for window in rollout.freeze) or "none",
        "keep_warm": shown_duration(rollout.keep_warm, days=True),
        "hooks": ", ".join(map(_hook, rollout.hooks)) or "none",
    }


def shown_step(step: Step) -> str:
    """Return a step as its percent, and what ends it where that is no verdict."""
    ends = {
        "verdict": "",
        "time": f" for {shown_duration(step.seconds, days=True)}",
        "person": " until a person goes on",
    }
    return f"{shortest_percent(step.weight)} %{ends[step.until]}"


def _judge(judge: Judge) -> dict[str, str]:
    found = {"alpha": f"{judge.alpha:g}"}
    for name in ("errors", "latency", "outputs", "labels"):
        found[name] = "off" if getattr(judge, name) is None else "on"
    if judge.errors:
        found["errors.margin"] = f"{judge.errors.margin:g}"
        found["errors.acceptable_rate"] = f"{judge.errors.acceptable_rate * 100:g}%"
    if judge.latency:
        found["latency.quantiles"] = ", ".join(f"{quantile:g}" for quantile in judge.latency.quantiles)
        found["latency.margin"] = f"{judge.latency.margin:g}"
    if judge.outputs:
        found["outputs.on_change"] = judge.outputs.on_change
        found["outputs.output"] = judge.outputs.output or "the first"
    if judge.labels:
        found["labels.margin"] = f"{judge.labels.margin:g}"
        found["labels.tolerance"] = f"{judge.labels.tolerance:g}"
        found["labels.min_labels"] = str(judge.labels.min_labels)
        found["labels.every"] = shown_duration(judge.labels.every)
    found["metrics"] = ", ".join(map(_metric, judge.metrics)) or "none"
    found["min_requests"] = str(judge.min_requests)
    found["max_wait"] = shown_duration(judge.max_wait, days=True)
    found["then"] = judge.then
    return found


def _metric(metric: Metric) -> str:
    conditions = (("pass", metric.passes), ("fail", metric.fails))
    parts = [
        f"{metric.provider} {_shown_url(metric.url)}",
        *([metric.query] if metric.query else []),
        *(f"{key} {condition}" for key, condition in conditions if condition),
        f"every {shown_duration(metric.every)}",
        f"timeout {shown_duration(metric.timeout)}",
    ]
    return f"{metric.name} ({', '.join(parts)})"


def _hook(hook: Hook) -> str:
    return f"{_shown_url(hook.url)} ({', '.join(hook.at)}, timeout {shown_duration(hook.timeout)})"


def _shown_url(url: str) -> str:
    """Leave out the query, which may have a secret in it."""
    return url.partition("?")[0]


def _moved(old: Progress | None, new: Progress) -> Iterator[str]:
    """Yield what happened to a rollout, with the reason where it did not simply go on."""
    rollout = f"rollout of {new.canary}"
    if old is None or old.id != new.id:
        at = f"{shortest_percent(new.steps[new.step].weight)} %"
        place = f"step {new.step + 1} of {len(new.steps)}"
        yield f"{rollout} began at {at}, {place}" if new.is_active else f"switched to {new.canary}: {new.why}"
        return
    if new.state == "progressing" and old.step != new.step:
        yield f"{rollout}: step {new.step + 1} of {len(new.steps)}"
    elif old.state != new.state:
        yield f"{rollout} {_ended_up(old, new)}"
    elif new.state == "degraded" and old.why != new.why:
        yield f"{rollout} taken back: {new.why}"
    if not old.thresholds and new.thresholds:
        yield f"{rollout}: stable's latencies are known"
    if new.state == old.state and old.previous and not new.previous:
        yield f"{old.previous} is no longer kept warm"


def _ended_up(old: Progress, new: Progress) -> str:
    if new.state == "paused":
        return f"paused: {new.why}"
    if new.state == "degraded":
        return f"taken back: {new.why}"
    if new.state == "progressing":
        return f"resumed: {new.why}"
    return "promoted" if new.previous else f"ended: {new.why}"
