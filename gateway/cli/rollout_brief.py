"""A rollout in a few lines, for `gateway status`; the first of them also heads the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

State = Mapping[str, Any]


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
    yield "next", rollout["next"]
    if not rollout["judged"]:
        last = f"; the last verdict is of {rollout['judged_at']}" if rollout["judged_at"] else ""
        yield "judge", f"NOBODY judges it at this moment, so it stays as it is{last}"
    if rollout["verdict"]:
        yield "verdict", rollout["verdict"]["sentence"]
