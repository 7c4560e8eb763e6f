"""Where a rollout stands and what it still needs, in the words of terminal and dashboard alike. Pure.

Made from what the admin API tells, so that page, terminal and API never disagree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.control.rollouts.words import duration
from gateway.rollout.wording import about

State = Mapping[str, Any]
HOOKS: Final = {
    "asked": "asked, no answer yet",
    "held": "the next step is held",
    "failed": "to be taken back",
}
THEN: Final = {"pause": "it pauses", "abort": "it is taken back", "promote": "it goes on"}


def is_under_way(rollout: State) -> bool:
    """Tell whether a canary has requests."""
    return rollout["progress"] is not None and rollout["progress"]["state"] in ("progressing", "paused")


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
    return bool(progress["steps"][progress["step"] - 1]["until"] == "time" and following(progress) < 100)


def following(progress: State) -> float:
    """Return the canary's percentage in the step after the one in force."""
    return float(progress["steps"][progress["step"]]["weight"])


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


def next_words(rollout: State) -> str:
    """Say what ends the step in force, or what keeps one that is over from ending."""
    if not is_over(rollout):
        return str(rollout["next"])
    progress = rollout["progress"]
    then = "it becomes stable" if following(progress) >= 100 else f"it gets {following(progress):g} %"
    over = "the time of this step is over" if ends_by_time(progress) else "this step is passed"
    if held := holder(rollout):
        return f"{over} and {held} holds it; {then} once that is over"
    if ends_by_time(progress) and rollout["situation"]["gate"] == "none":
        return f"{over}; {then} after {request_needed(rollout)}"
    return f"{over}; {then}"


def outlook(rollout: State) -> Iterator[tuple[str, str]]:
    """Yield what is next and the verdict so far, each with its label; nothing once a rollout is over.

    `is_new` (not always there): it began so lately that the judge need not have looked.
    """
    if not is_under_way(rollout):
        return
    yield "next", next_words(rollout)
    yield from _holds(rollout)
    if rollout.get("is_new"):
        yield "judge", "the judge has not looked yet; it does once a second"
    elif not rollout["judged"]:
        last = f"; the last verdict is of {rollout['judged_at']}" if rollout["judged_at"] else ""
        yield "judge", f"NOBODY judges it at this moment, so it stays as it is{last}"
    if rollout["verdict"]:
        yield "verdict", rollout["verdict"]["sentence"]


def _holds(rollout: State) -> Iterator[tuple[str, str]]:
    """Yield what holds the next step up, or would."""
    situation = rollout["situation"]
    if not situation:
        return
    if situation["frozen"]:
        yield "frozen", f"{situation['frozen']}: no step begins by itself until that ends"
    if found := HOOKS.get(situation["gate"]):
        yield "hooks", found + (f": {situation['gate_why']}" if situation["gate_why"] else "")


def facts(rollout: State) -> Iterator[tuple[str, str]]:
    """Yield what is known of the step in force: time, requests, what is needed."""
    situation = rollout["situation"]
    if not situation:
        return
    new = "new " if rollout["counts"] == "users" else ""
    counted = f"{rollout['step_requests']:,} {rollout['counts']}"
    rate = f"({rollout['rate']:.3g} {new}per second)"
    took = duration(situation["elapsed"])
    if " resumed it" in rollout["progress"]["why"]:  # the time of a step begins anew then, its requests stay
        yield "so far", f"{took} since it was resumed; {counted} in the whole step {rate}"
    else:
        yield "so far", f"{took} in this step, {counted} {rate}"
    if rollout["progress"]["state"] == "progressing":
        yield "needed", needed(rollout)


def needed(rollout: State) -> str:
    """Say how much the step in force still needs, in requests and in time, if it goes on as it looks."""
    progress = rollout["progress"]
    step = progress["steps"][progress["step"] - 1]
    if step["until"] == "person":
        return "a person who takes the next step (`gateway promote`)"
    if is_over(rollout) and (held := holder(rollout)):
        missing = "a request of the canary's, and" if had_none(rollout) else "nothing more;"
        return f"{missing} {held} holds it"
    left = step["seconds"] - rollout["situation"]["elapsed"]
    wait = f"{duration(left)} of its time" if left > 0 else ""
    if ends_by_time(progress):
        return wait or ("nothing more" if rollout["situation"]["gate"] != "none" else request_needed(rollout))
    return f"{wait} and {_counted(rollout)}" if wait else _counted(rollout)


def more(count: int, rollout: State) -> str:
    """Say how many requests (or users, where those are pinned) more, and how long they take to come."""
    counts, rate = rollout["counts"], rollout["rate"]
    said = f"about {about(count)} more {counts.removesuffix('s') if count == 1 else counts}"
    if rate > 0:
        took = duration(count / rate) if count / rate >= 1 else "less than a second"
        return f"{said}, {took} at this rate"
    return f"{said}, but no new user comes at this moment" if counts == "users" else said


def _counted(rollout: State) -> str:
    metrics = rollout["verdict"]["metrics"] if rollout["verdict"] else []
    waiting = [metric for metric in metrics if metric["outcome"] == "inconclusive" and metric["good_bar"]]
    known = [metric["needed"] for metric in waiting if metric["needed"] is not None]
    most = max([*known, rollout["min_requests"] - rollout["step_requests"], 0])
    limit = f"after {duration(rollout['max_wait'])} without a verdict {THEN[rollout['then']]}"
    if len(known) < len(waiting):
        unknown = ", ".join(metric["name"] for metric in waiting if metric["needed"] is None)
        least = f"{more(most, rollout).replace('about', 'at least', 1)}; " if most else ""
        return f"{least}how many {unknown} takes cannot be told yet; {limit}"
    return f"{more(most, rollout) if most else 'nothing more to count'}; {limit}"
