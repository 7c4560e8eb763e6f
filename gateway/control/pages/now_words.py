"""What the page Now says in sentences: what a rollback would do, where a rollout stands, how a service is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.control.status.views import USABLE
from gateway.routing.plan import Route, RoutingPlan, shortest_percent
from gateway.routing.revise import roll_back

State = Mapping[str, Any]
KINDS = {"up": "good", "warming": "warn", "unwell": "bad", "ejected": "bad", "down": "bad"}


def last_words(entry: State) -> str:
    """Say what made the live plan what it is: what was done, by whom, when and why."""
    reason = f" (“{entry['reason']}”)" if entry["reason"] else ""
    return f"{entry['what']}, {entry['at'][:10]} {entry['at'][11:19]} UTC{reason}"


def window_words(route: State) -> str:
    """Say of which seconds a route's rate is, and the shares, errors and latencies where they are of fewer.

    `route` as `status` tells it. A change of weights lets all but the rate begin anew.
    """
    if not route["rate"]:
        return ""
    over = f"over the last {route['rate_seconds']:.0f} s"
    if all(version["rate"] is None for version in route["versions"].values()):
        return f"{over}; nothing was answered under these weights yet"
    if route["recent_seconds"] < route["rate_seconds"] - 0.5:
        return f"{over}; shares, errors, p50 and p99 over {max(route['recent_seconds'], 1):.0f} s"
    return over


def rollback_words(plan: RoutingPlan, route: str | None, now: float) -> str:
    """Say what a rollback of a route, or of all, would do at `now` (seconds since 1970); empty: nothing.

    It is worked out with the function that does it, so that it says what will happen.
    """
    back = roll_back(plan, route, now)
    pairs = [(old, new) for old, new in zip(plan.routes, back.routes, strict=True) if old != new]
    return "; ".join(f"{old.name}: {_moved(old, new)}" for old, new in pairs)


def _moved(old: Route, new: Route) -> str:
    before, after = dict(old.weights), dict(new.weights)
    falls, rises = [], []
    for name, units in after.items():
        if units < before.get(name, 0):
            falls.append(f"{name} {shortest_percent(before[name])} % → {shortest_percent(units)} %")
        elif units > before.get(name, 0):
            rises.append(f"{name} {shortest_percent(before.get(name, 0))} % → {shortest_percent(units)} %")
    if old.stable != new.stable:
        rises.append(f"{new.stable} is stable again")
    if old.progress and old.progress.is_active:
        rises.append(f"the rollout of {old.progress.canary} ends")
    return ", ".join([*falls, *rises])


def rollout_words(route: State) -> str:
    """Say in one sentence where a route's rollout stands, as `status` tells of the route; empty: nowhere.

    How one ended is told as long as the weights are those that it ended with: later it is history.
    """
    rollout = route["rollout"]
    progress = rollout["progress"]
    if progress is None:
        return ""
    canary, state = progress["canary"], progress["state"]
    if state in ("healthy", "degraded") and not _is_as_it_ended(route, progress):
        return f"No rollout is under way; the last one, of {canary}, ended before these weights were set"
    if state == "healthy":
        return f"{canary} was rolled out: {progress['why']}"
    if state == "degraded":
        return f"{canary} was taken back: {progress['why']}"
    step = progress["steps"][progress["step"] - 1]
    place = f"step {progress['step']} of {len(progress['steps'])}, {step['weight']:g} %"
    if state == "paused":
        return f"{canary} is paused at {place}: {progress['why']}"
    return f"{canary} is at {place}; {rollout['next']}"


def _is_as_it_ended(route: State, progress: State) -> bool:
    """Tell whether all is at the version that a rollout that has ended left it at."""
    last = route["stable"] if progress["state"] == "degraded" else progress["canary"]
    return bool(route["weights"].get(last) == 100)


def health_words(name: str, health: State, is_parked: bool) -> dict[str, str]:
    """Say how a service is, as `status` tells what the workers see: `kind` of good, warn, bad, and `text`."""
    if is_parked:
        return _health("faint", "parked: it does not run, and starts when it is needed")
    seen = health.get(name)
    if seen is None or not seen["replicas"]:
        return _health("faint", "no worker tells of it")
    worst = [_worst(states) for states in seen["replicas"].values()]
    usable = sum(state in USABLE for state in worst)
    text = f"{usable} of {len(worst)} replica{'s' if len(worst) > 1 else ''} up"
    if seen["out"]:
        text += f"; {seen['out']} workers send it nothing"
    if seen["panic"]:
        text += "; too few are well, so all are used"
    if reason := next(iter(seen["reasons"].values()), ""):
        text += f": {reason}"
    breakers = {state: count for state, count in seen["breakers"].items() if count and state != "closed"}
    if breakers:
        text += f"; breaker {', '.join(breakers).replace('_', ' ')}"
    kind = "bad" if not usable or seen["out"] else "warn" if usable < len(worst) or breakers else "good"
    return _health("warn" if kind == "good" and "warming" in worst else kind, text)


def _worst(states: Mapping[str, int]) -> str:
    order: Sequence[str] = list(KINDS)
    return max((state for state, count in states.items() if count), key=order.index, default="down")


def _health(kind: str, text: str) -> dict[str, str]:
    return {"kind": kind, "text": text}
