"""What changed about the request log between two plans: what is kept, watched, sent on and said.

Targets of sinks and keys are not named: they are often half a secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.requestlog.policy import Coarsen, Filter, Logging, LogPolicy, Sink, Tracing
from gateway.routing.fields import shown_duration
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.read_levels import shown_level
from gateway.routing.read_settings import shown_size
from gateway.routing.watches import AlertRule, Monitor

TOLD_ONE_BY_ONE = 3
"""Routes with the same change; of more, as when a default changes, it is told once for all of them."""


def route_log_changes(old: RoutingPlan, new: RoutingPlan) -> Iterator[str]:
    """Yield a short line for each change of what routes have remembered, or for many routes at once."""
    before = {route.name: route for route in old.routes}
    found: dict[tuple[str, ...], list[str]] = {}
    for route in new.routes:
        earlier = before.get(route.name)
        if earlier is not None and (changes := tuple(_of_route(earlier, route))):
            found.setdefault(changes, []).append(route.name)
    for changes, names in found.items():
        called = [f"{len(names)} routes"] if len(names) > TOLD_ONE_BY_ONE else names
        yield from (f"{name}: {change}" for name in called for change in changes)


def _of_route(old: Route, new: Route) -> Iterator[str]:
    if old.log is not new.log and old.log != new.log:
        if old.log is None or new.log is None:
            yield f"log {'off' if old.log is None else 'on'} -> {'off' if new.log is None else 'on'}"
        else:
            yield from _inside("log.", _policy(old.log), _policy(new.log))
    if old.monitor is not new.monitor and old.monitor != new.monitor:
        yield from _inside("monitor.", _monitor(old.monitor), _monitor(new.monitor))


def watched_changes(old: RoutingPlan, new: RoutingPlan) -> Iterator[str]:
    """Yield what changed for all routes: the log itself, sinks, alerts, tracing, how processes log."""
    if old.log.buffer != new.log.buffer:
        yield f"log.buffer {shown_size(old.log.buffer)} -> {shown_size(new.log.buffer)}"
    if old.log.encryption_key != new.log.encryption_key:
        yield _hidden("log.encryption_key", old.log.encryption_key, new.log.encryption_key)
    yield from _named("sink", {s.name: _sink(s) for s in old.sinks}, {s.name: _sink(s) for s in new.sinks})
    if old.alerts is not new.alerts:
        before, after = ({rule.name: _alert(rule) for rule in plan.alerts} for plan in (old, new))
        yield from _named("alert", before, after)
    yield from _inside("tracing.", _tracing(old.tracing), _tracing(new.tracing))
    yield from _inside("logging.", _logging(old.logging), _logging(new.logging))


def _hidden(key: str, before: str, after: str) -> str:
    """Tell of a change without what changed."""
    if before and after:
        return f"{key} changed"
    return f"{key} {'set' if before else 'none'} -> {'set' if after else 'none'}"


def _inside(within: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """Yield what differs between two settings of one kind, each by its key in the file."""
    for key, value in after.items():
        if before[key] != value:
            is_hidden = within + key in _HIDDEN
            told = f"{within}{key} {before[key]} -> {value}"
            yield _hidden(within + key, before[key], value) if is_hidden else told


_HIDDEN = ("tracing.otlp",)


def _named(kind: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name, told in after.items():
        visible = told.partition("\0")[0]
        if name not in before:
            yield f"{kind} {name} added ({visible})"
        elif before[name] != told:
            earlier = before[name].partition("\0")[0]
            moved = f"{earlier} -> {visible}" if earlier != visible else "goes elsewhere"
            yield f"{kind} {name}: {moved}"
    yield from (f"{kind} {name} removed" for name in before if name not in after)


def _sink(sink: Sink) -> str:
    """Return a sink in words; what is behind the zero is compared, but not told."""
    topic = f" {sink.topic}" if sink.kind in ("kafka", "redis") else ""
    routes = f", routes {', '.join(sink.routes)}" if sink.routes else ""
    sizes = f"batch {sink.batch}, timeout {shown_duration(sink.timeout)}, spill {shown_size(sink.spill)}"
    return f"{sink.kind}{topic}{routes}, {sizes}\0{sink.target}"


def _alert(rule: AlertRule) -> str:
    field = f" {rule.field}" if rule.field else ""
    parts = [f"{rule.signal}{field} {rule.comparison} {shown_level(rule.signal, rule.value)}"]
    if rule.hold:
        parts.append(f"for {shown_duration(rule.hold, days=True)}")
    parts.append(rule.severity)
    for key, names in (("routes", rule.routes), ("versions", rule.versions)):
        if names:
            parts.append(f"{key} {', '.join(names)}")
    return ", ".join([*parts, f"least {rule.least}"])


def _tracing(tracing: Tracing) -> dict[str, str]:
    return {"otlp": tracing.otlp, "sample": shown_share(tracing.sample), "service": tracing.service}


def _logging(logging: Logging) -> dict[str, str]:
    access = "true" if logging.access else "false"
    return {"format": logging.format, "level": logging.level, "access": access}


def _monitor(monitor: Monitor) -> dict[str, str]:
    return {
        "every": shown_duration(monitor.every, days=True),
        "window": shown_duration(monitor.window, days=True),
        "time": monitor.time or "when it was answered",
        "groups": ", ".join(monitor.groups) or "none",
    }


def _policy(policy: LogPolicy) -> dict[str, str]:
    labels = policy.labels
    return {
        "sample": shown_share(policy.sample),
        "bodies": "true" if policy.bodies else "false",
        "body_limit": shown_size(policy.body_limit),
        "keep": shown_duration(policy.keep, days=True),
        "max_size": shown_size(policy.max_size),
        **{f"filter.{key}": value for key, value in _filter(policy.filter).items()},
        "labels.key": labels.key or "the request's id",
        "labels.output": labels.output or "the first",
        "labels.threshold": f"{labels.threshold:g}",
    }


def _filter(rules: Filter) -> dict[str, str]:
    lists = {key: getattr(rules, key) for key in ("keep", "pseudonymise", "encrypt", "redact")}
    told = {key: ", ".join(names) or "none" for key, names in lists.items()}
    coarsen = ", ".join(map(_coarsen, rules.coarsen)) or "none"
    return {"mode": rules.mode, **told, "coarsen": coarsen}


def _coarsen(rule: Coarsen) -> str:
    by = ", ".join(f"{edge:g}" for edge in rule.edges) if rule.kind == "buckets" else f"{rule.by:g}"
    return f"{rule.name} {rule.kind} {by}"


def shown_share(share: float) -> str:
    """Return a share as people write it: 0.1 -> `10%`."""
    return f"{share * 100:.9g}%"
