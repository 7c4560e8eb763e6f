"""The `steps` of a rollout: how much of the traffic a canary gets, one stage after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from gateway.routing.plan import UNITS, shortest_percent
from gateway.routing.read_settings import read_keys, seconds
from gateway.routing.report import Report, described, entries, is_left_out, mapping, sequence, text
from gateway.routing.rollouts import Step
from gateway.routing.yaml_nodes import Mapping, Node, Refused, Scalar

MAX_STEPS = 50
LONGEST_DAYS = 30
_STEP = "{setWeight: 5}` or `{pause: {duration: 10m}}"
_PAUSE = "pause: {duration: 10m}`, or `pause: {}` until a person says so"
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?) ?%?")


def read_steps(report: Report, node: Node) -> tuple[Step, ...]:
    """Return the steps, of which the last is always that to 100 %."""
    items = sequence(report, node, "steps", "[{setWeight: 5}, {pause: {duration: 10m}}, {setWeight: 25}]")
    if items is None:
        return ()
    before = len(report.problems)
    steps = _steps(report, items)
    if len(report.problems) > before:
        return ()
    if steps[-1].weight < UNITS:
        steps = (*steps, Step(UNITS))
    elif len(steps) == 1:
        report.add(
            node, "a rollout needs a step below 100 %; to move everything at once there is `gateway switch`"
        )
    if len(steps) > MAX_STEPS:
        report.add(node, f"there are {len(steps)} steps; at most {MAX_STEPS} are possible")
    return steps


def _steps(report: Report, items: Iterable[Node]) -> tuple[Step, ...]:
    steps: list[Step] = []
    begun = False
    for item in items:
        key, value = _item(report, item)
        if steps and steps[-1].weight == UNITS:
            report.add(item, "nothing can follow the step to 100 %: the rollout ends there; delete this")
            break
        begun = begun or key != "pause"
        if key == "setWeight":
            weight = _weight(report, value, steps[-1].weight if steps else 0)
            steps += [] if weight is None else [Step(weight)]
        elif key == "pause" and not begun:
            report.add(
                item,
                "a `pause` before the first `setWeight` would wait for nothing; begin with a `setWeight`, or"
                " start the rollout when it shall begin",
            )
        elif key == "pause":
            paused = _paused(report, value)
            if steps and paused is not None:
                steps[-1] = _joined(steps[-1], paused)
    return tuple(steps)


def _item(report: Report, item: Node) -> tuple[str, Node]:
    """Return the key and the value of one item, an empty key where it cannot be read."""
    if isinstance(item, Scalar) and _PERCENT.fullmatch(item.value):
        report.add(item, f"a step must say what it is: write `setWeight: {item.value}`")
        return "", item
    found = mapping(report, item, "steps", _STEP)
    if found is None:
        return "", item
    given = entries(report, found, "a step", ("setWeight", "pause"))
    if len(given) > 1:
        report.add(found, "this step is both a `setWeight` and a `pause`; make them two items of the list")
        return "", item
    return next(iter(given.items()), ("", item))


def _weight(report: Report, node: Node, before: int) -> int | None:
    """Return the units of a step, which must be more than those of the one before."""
    value = text(report, node, "setWeight", "5")
    if value is None:
        return None
    found = _PERCENT.fullmatch(value)
    units = Decimal(found[1]) * UNITS / 100 if found else None
    if units is None or units != int(units) or not 0 < units <= UNITS:
        report.add(
            node,
            "`setWeight` must be a number of percent above 0 and at most 100, with up to three decimals,"
            f" not {described(node)}",
        )
        return None
    if units > before:
        return int(units)
    report.add(
        node,
        f"`setWeight` must be more than the {shortest_percent(before)} % of the step before, not"
        f" {described(node)}: a canary only grows",
    )
    return None


def _paused(report: Report, node: Node) -> float | None:
    """Return the seconds of a pause, 0 for one that only a person ends."""
    if isinstance(node, Mapping) and not node.pairs:
        return 0.0
    if is_left_out(node) or not isinstance(node, Mapping | Refused):
        written = "is empty" if is_left_out(node) else f"is {described(node)}"
        report.add(node, f"`pause` {written}; write `{_PAUSE}")
    if not isinstance(node, Mapping):
        return None
    found = read_keys(report, node, "pause", "{duration: 10m}", {"duration": seconds(days=LONGEST_DAYS)})
    duration: float | None = found[0].get("duration") if found else None
    return duration


def _joined(step: Step, pause: float) -> Step:
    """Add a pause to a step; one that a person ends outweighs every duration."""
    if not pause or step.until == "person":
        return Step(step.weight, "person")
    return replace(step, until="time", seconds=step.seconds + pause)
