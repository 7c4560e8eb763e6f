"""A rollout in a few lines, for `gateway status`; the first of them also heads the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

State = Mapping[str, Any]
HOOKS = {"asked": "asked, no answer yet", "held": "the next step is held", "failed": "to be taken back"}


def brief(rollout: State) -> list[Text]:
    """Return where a rollout stands, why, what is next and the verdict; none where there has been none."""
    if rollout["progress"] is None:
        return []
    return [headline(rollout["progress"]), *(Text(f"  {label}: {text}") for label, text in outlook(rollout))]


def headline(progress: State) -> Text:
    """Say where a rollout stands and how it came to that."""
    state, canary, why = progress["state"], progress["canary"], progress["why"]
    where = f"step {progress['step']} of {len(progress['steps'])}, {share(progress):g} %"
    if state == "progressing":
        return Text(f"rollout of {canary}, {where}: {why}", "cyan")
    if state == "paused":
        asked = f" ({progress['held_by']} asks for a person)" if progress["held_by"] else ""
        return Text(f"rollout of {canary} PAUSED at {where}{asked}: {why}", "bold yellow")
    if state == "degraded":
        return Text(f"last rollout: {canary} was TAKEN BACK: {why}", "red")
    warm = f"; {progress['previous']} is warm until {progress['warm_until']}" if progress["previous"] else ""
    return Text(f"last rollout, of {canary}: {why}{warm}", "green")


def share(progress: State) -> float:
    """Return the canary's percentage in the step in force."""
    return float(progress["steps"][progress["step"] - 1]["weight"])


def is_under_way(rollout: State) -> bool:
    """Tell whether a canary has requests."""
    return rollout["progress"] is not None and rollout["progress"]["state"] in ("progressing", "paused")


def outlook(rollout: State) -> Iterator[tuple[str, str]]:
    """Yield what is next and what the judge says, each with its label; nothing once a rollout is over."""
    if not is_under_way(rollout):
        return
    yield "next", _next(rollout)
    yield from _holds(rollout)
    if not rollout["judged"]:
        last = f"; the last verdict is of {rollout['judged_at']}" if rollout["judged_at"] else ""
        yield "judge", f"NOBODY judges it at this moment, so it stays as it is{last}"
    if rollout["verdict"]:
        yield "verdict", rollout["verdict"]["sentence"]


def is_over(rollout: State) -> bool:
    """Tell whether the step in force goes on for nothing but what holds it: a hook, a freeze, no request."""
    progress, situation = rollout["progress"], rollout["situation"]
    if not situation or progress["state"] != "progressing":
        return False
    if situation["gate"] != "none":
        return True  # hooks are asked of nothing else
    step = progress["steps"][progress["step"] - 1]
    if step["until"] == "person" or situation["elapsed"] < step["seconds"]:
        return False
    return ends_by_time(progress) or bool(rollout["verdict"] and rollout["verdict"]["outcome"] == "pass")


def ends_by_time(progress: State) -> bool:
    """Tell whether the step in force ends with its time; what leads to 100 % needs a verdict besides."""
    return progress["steps"][progress["step"] - 1]["until"] == "time" and _following(progress) < 100


def holder(rollout: State) -> str:
    """Name what holds a step that is over: a hook or a freeze window; empty where neither does."""
    situation = rollout["situation"]
    if situation["gate"] in ("asked", "held"):
        return "the hook"
    return f"the freeze ({situation['frozen']})" if situation["frozen"] else ""


def had_none(rollout: State) -> bool:
    """Tell whether it is certain that the canary had no request in this step."""
    if rollout["situation"]["gate"] != "none":
        return False
    metrics = rollout["verdict"]["metrics"] if rollout["verdict"] else []
    is_certain = metrics and not any(metric["canary_requests"] for metric in metrics)
    return rollout["step_requests"] == 0 or bool(is_certain)


def request_needed(rollout: State) -> str:
    """Name what a step needs whose time alone does not end it."""
    needed = "a request of the canary's"
    return needed if had_none(rollout) else f"{needed}, if it had none in this step"


def _following(progress: State) -> float:
    return float(progress["steps"][progress["step"]]["weight"])


def _next(rollout: State) -> str:
    """Say what ends the step in force, or what keeps one that is over from ending."""
    if not is_over(rollout):
        return str(rollout["next"])
    progress = rollout["progress"]
    following = _following(progress)
    then = "it becomes stable" if following >= 100 else f"it gets {following:g} %"
    over = "the time of this step is over" if ends_by_time(progress) else "this step is passed"
    if held := holder(rollout):
        return f"{over} and {held} holds it; {then} once that is over"
    if ends_by_time(progress) and rollout["situation"]["gate"] == "none":
        return f"{over}; {then} after {request_needed(rollout)}"
    return f"{over}; {then}"


def _holds(rollout: State) -> Iterator[tuple[str, str]]:
    """Yield what holds the next step up, or would."""
    situation = rollout["situation"]
    if not situation:
        return
    if situation["frozen"]:
        yield "frozen", f"{situation['frozen']}: no step begins by itself until that ends"
    if found := HOOKS.get(situation["gate"]):
        yield "hooks", found + (f": {situation['gate_why']}" if situation["gate_why"] else "")
