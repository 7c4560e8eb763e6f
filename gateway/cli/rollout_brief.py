"""A rollout in a few lines, for `gateway status`; the first of them also heads the drawing."""

from __future__ import annotations

from rich.text import Text

from gateway.control.rollouts.standing import State, outlook


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
