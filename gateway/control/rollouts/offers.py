"""What a person can do to a rollout at this moment: what each button will do, or why it cannot. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.control.rollouts.standing import following
from gateway.control.rollouts.words import duration

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Offer:
    """One button: its label, one sentence of what it will do, and why it is not possible (empty: it is)."""

    label: str
    does: str
    refused: str = ""


def offers(state: State, keep_warm: float) -> dict[str, Offer]:
    """Return each move of a rollout under way; `keep_warm`: seconds that stable stays warm for afterwards."""
    progress = state["progress"]
    here = progress["steps"][progress["step"] - 1]["weight"]
    canary, stable = progress["canary"], progress["stable"]
    return {
        "pause": Offer(
            "Pause",
            f"keeps {canary} at {here:g} % until somebody resumes it; it is still taken back if it is worse",
            "it is paused already" if progress["state"] == "paused" else "",
        ),
        "resume": _resume(progress, here),
        "promote": _promote(state),
        "complete": Offer(
            "Make it stable…",
            f"gives {canary} 100 %, now, whatever the judge has seen; {stable} stays warm for "
            f"{duration(keep_warm)} to go back to",
        ),
        "abort": Offer("Abort", f"ends the rollout: all {here:g} % go back to {stable}, now"),
    }


def _resume(progress: State, here: float) -> Offer:
    step = progress["steps"][progress["step"] - 1]
    to = "100 %" if following(progress) >= 100 else f"step {progress['step'] + 1} ({following(progress):g} %)"
    then = (
        "a person takes the next one" if step["until"] == "person" else f"{to} begins by itself when it may"
    )
    accepts = f"accepts what {progress['held_by']} shows, and " if progress["held_by"] else ""
    return Offer(
        "Resume",
        f"{accepts}goes on with step {progress['step']} ({here:g} %): {then}",
        "" if progress["state"] == "paused" else "it is not paused; it goes on by itself",
    )


def _promote(state: State) -> Offer:
    progress = state["progress"]
    if following(progress) >= 100:
        return Offer("Next step", "", "what follows this step is 100 %, and that is Make it stable")
    accepts = f"accepts what {progress['held_by']} shows, and " if progress["held_by"] else ""
    number, of = progress["step"] + 1, state["counts"]
    does = f"{accepts}goes to step {number}: {following(progress):g} % of {of}, now, without a verdict"
    return Offer(f"Next step ({following(progress):g} %)", does)
