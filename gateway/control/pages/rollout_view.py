"""A rollout as a person looks at it: where it stands, what is next, what can be done. Pure.

Made from what the admin API tells, in the words that the terminal has too (`gateway.control.rollouts`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from gateway.control.pages.metric_view import cards
from gateway.control.rollouts.offers import offers
from gateway.control.rollouts.standing import facts, is_under_way, outlook
from gateway.control.rollouts.words import duration

State = Mapping[str, Any]
UNTIL: Final = {"verdict": "until its verdict", "person": "until a person takes the next step"}
LABELS: Final = {
    "so far": "So far",
    "verdict": "Verdict so far",
    "next": "Next",
    "needed": "Still needed",
    "frozen": "Frozen",
    "hooks": "Hooks",
    "judge": "Judge",
}
"""What stands before each fact, in the order in which one wants to know them."""


def view(state: State) -> dict[str, Any]:
    """Return everything the page shows of a rollout, in words and in places to draw at."""
    is_active = is_under_way(state)
    verdict = state["verdict"] or {"sentence": ""}
    return {
        "headline": headline(state),
        "why": state["progress"]["why"] if state["progress"] else "",
        "kind": _kind(state),
        "is_active": is_active,
        "track": list(_track(state)),
        "facts": told(state) if is_active else [],
        "sentence": verdict["sentence"] if is_active else "",
        "cards": cards(state) if is_active else [],
        "moves": _moves(state) if is_active else {},
    }


def told(state: State) -> list[tuple[str, str]]:
    """Return what is known of the step in force, each with its label, as `gateway status --watch` has it."""
    found = {**dict(facts(state)), **dict(outlook(state))}
    if state["progress"]["state"] == "paused":
        asks = f" to look at {state['progress']['held_by']}" if state["progress"]["held_by"] else ""
        found["needed"] = f"a person{asks}: Resume, Next step or Abort"
    return [(label, found[name]) for name, label in LABELS.items() if name in found]


def _moves(state: State) -> dict[str, dict[str, str]]:
    return {name: asdict(offer) for name, offer in offers(state, state["spec"]["keep_warm"]).items()}


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
        elif not is_under_way(state) and phase != "done":
            phase = "ended" if is_here else "missed"
        yield {"weight": step["weight"], "phase": phase, "until": _until(step), "number": number}


def _until(step: State) -> str:
    if step["weight"] >= 100:
        return "stable"
    return UNTIL.get(step["until"]) or f"for {duration(step['seconds'])}"
