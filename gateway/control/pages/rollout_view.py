"""A rollout as a person looks at it: where it stands, and what is still needed. Pure.

Made from what the admin API tells, so that page and API never disagree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.control.pages.metric_view import metric_view, more_requests
from gateway.control.rollouts.words import duration

State = Mapping[str, Any]
THEN: Final = {"pause": "it pauses", "abort": "it is taken back", "promote": "it goes on"}
UNTIL: Final = {"verdict": "until its verdict", "person": "until a person promotes it"}
HOOKS: Final = {
    "asked": "the hook is asked, no answer yet",
    "held": "the hook holds the next step",
    "failed": "the hook says that it is worse",
}


def view(state: State) -> dict[str, Any]:
    """Return everything the page shows of a rollout, in words and in places to draw at."""
    verdict = state["verdict"] or {"sentence": "", "metrics": []}
    return {
        "headline": headline(state),
        "why": state["progress"]["why"] if state["progress"] else "",
        "kind": _kind(state),
        "is_active": is_active(state),
        "track": list(_track(state)),
        "facts": list(_facts(state)) if is_active(state) else [],
        "sentence": verdict["sentence"] if is_active(state) else "",
        "metrics": [metric_view(metric, state) for metric in verdict["metrics"]] if is_active(state) else [],
    }


def is_active(state: State) -> bool:
    """Tell whether a rollout is under way."""
    return bool(state["progress"]) and state["progress"]["state"] in ("progressing", "paused")


def headline(state: State) -> str:
    """Say in one sentence where it stands."""
    progress = state["progress"]
    if progress is None:
        return "There has been no rollout on this route."
    canary = progress["canary"]
    step = progress["steps"][progress["step"] - 1]["weight"]
    where = f"step {progress['step']} of {len(progress['steps'])}, {step:g} %"
    if progress["state"] == "progressing":
        return f"{canary} is being rolled out: {where}."
    if progress["state"] == "paused":
        asks = f"; {progress['held_by']} asks for a person" if progress["held_by"] else ""
        return f"The rollout of {canary} is paused at {where}{asks}."
    if progress["state"] == "degraded":
        return f"The last rollout: {canary} was taken back."
    warm = ""
    if progress["previous"]:
        warm = f" {progress['previous']} can be gone back to until {progress['warm_until']}."
    became = "became stable" if state["stable"] == canary else "was ended by hand"
    return f"The last rollout: {canary} {became}.{warm}"


def _kind(state: State) -> str:
    if state["progress"] is None:
        return ""
    return {"progressing": "", "paused": "warn", "degraded": "bad"}.get(state["progress"]["state"], "good")


def _track(state: State) -> Iterator[dict[str, Any]]:
    """Yield each step with where it lies: behind, in force, to come, or where the rollout ended before it."""
    progress = state["progress"]
    for number, step in enumerate(progress["steps"] if progress else [], 1):
        is_here = number == progress["step"]
        phase = "done" if number < progress["step"] else "here" if is_here else "to-come"
        if progress["state"] == "healthy" and state["stable"] == progress["canary"]:
            phase = "done"
        elif not is_active(state) and phase != "done":
            phase = "ended" if is_here else "missed"
        yield {"weight": step["weight"], "phase": phase, "until": _until(step), "number": number}


def _until(step: State) -> str:
    if step["weight"] >= 100:
        return "stable"
    return UNTIL.get(step["until"]) or f"for {duration(step['seconds'])}"


def _facts(state: State) -> Iterator[tuple[str, str]]:
    """Yield what is known of the step in force, each with its label."""
    yield "Next", state["next"]
    if not state["judged"]:
        last = f"; the last verdict is of {state['judged_at']}" if state["judged_at"] else ""
        yield "Judge", f"nobody judges it at this moment, so it stays as it is{last}"
    situation = state["situation"]
    if not situation:
        return
    counted = f"{state['step_requests']:,} requests, {state['rate']:.3g} per second"
    yield "So far", f"{duration(situation['elapsed'])} in this step, {counted}"
    if state["progress"]["state"] == "progressing":
        yield "Still needed", needed(state)
    if situation["frozen"]:
        yield "Frozen", f"{situation['frozen']}: no step begins by itself until that ends"
    if situation["gate"] in HOOKS:
        yield (
            "Hooks",
            HOOKS[situation["gate"]] + (f": {situation['gate_why']}" if situation["gate_why"] else ""),
        )


def needed(state: State) -> str:
    """Say how many requests and how much time the step in force still needs, if it goes on as it looks."""
    progress = state["progress"]
    step = progress["steps"][progress["step"] - 1]
    if step["until"] == "person":
        return "somebody who promotes it"
    left = step["seconds"] - state["situation"]["elapsed"]
    wait = f"{duration(left)} of its time" if left > 0 else ""
    if step["until"] == "time":
        return wait or "no more time"
    counted = _requests_needed(state)
    return f"{wait} and {counted}" if wait else counted


def _requests_needed(state: State) -> str:
    metrics = state["verdict"]["metrics"] if state["verdict"] else []
    waiting = [metric for metric in metrics if metric["outcome"] == "inconclusive" and metric["good_bar"]]
    known = [metric["needed"] for metric in waiting if metric["needed"] is not None]
    most = max([*known, state["min_requests"] - state["step_requests"], 0])
    limit = f"after {duration(state['max_wait'])} without a verdict {THEN[state['then']]}"
    unknown = ", ".join(metric["name"] for metric in waiting if metric["needed"] is None)
    if unknown:
        least = f"at least {more_requests(most, state['rate'])}; " if most else ""
        return f"{least}how many {unknown} takes cannot be told yet; {limit}"
    return (
        f"about {more_requests(most, state['rate'])}; {limit}" if most else f"nothing more to count; {limit}"
    )
