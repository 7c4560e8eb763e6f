"""The `rollout` of a route: by which steps a canary grows, who judges it, and when it must not grow."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.routing.plan import shortest_percent
from gateway.routing.read_freeze import ZoneExists, any_zone, read_freeze
from gateway.routing.read_judge import read_judge
from gateway.routing.read_settings import Reader, meanings, or_off, read_keys, seconds
from gateway.routing.read_steps import read_steps
from gateway.routing.read_web import web_url
from gateway.routing.read_words import words
from gateway.routing.report import Report, entries, mapping, sequence
from gateway.routing.rollouts import Hook, Rollout
from gateway.routing.yaml_nodes import Node

MAX_HOOKS = 10
MOMENTS = ("before_step", "before_promote")
"""When a hook is asked."""
LONGEST_DAYS = 30
ROLLOUT_KEYS = ("steps", "judge", "freeze", "keep_warm", "hooks")
_EXAMPLE = "{steps: [{setWeight: 5}, {setWeight: 25}]}"


def read_rollout(report: Report, node: Node, zone_exists: ZoneExists = any_zone) -> Rollout:
    """Return how a route's canaries are rolled out; what is not given, or wrong, is as usual."""
    found = mapping(report, node, "rollout", _EXAMPLE)
    if found is None:
        return Rollout()
    given = entries(report, found, "`rollout`", ROLLOUT_KEYS)
    readers: dict[str, Reader] = {
        "steps": lambda report, node, _: read_steps(report, node),
        "judge": lambda report, node, _: read_judge(report, node),
        "freeze": lambda report, node, _: read_freeze(report, node, zone_exists),
        "keep_warm": or_off(seconds(zero=True, days=LONGEST_DAYS), "0s"),
        "hooks": lambda report, node, _: tuple(_hooks(report, node)),
    }
    before = len(report.problems)
    rollout = Rollout(**meanings(report, given, readers))
    if len(report.problems) == before:
        _check_judged(report, given.get("judge", found), rollout)
    return rollout


def _check_judged(report: Report, node: Node, rollout: Rollout) -> None:
    """A step that waits for a verdict needs somebody who gives one."""
    judge = rollout.judge
    outputs = judge.outputs is not None and judge.outputs.on_change != "ignore"
    if judge.errors or judge.latency or judge.metrics or outputs:
        return
    waiting = next((step for step in rollout.steps[:-1] if step.until == "verdict"), None)
    if waiting is not None:
        report.add(
            node,
            "nobody judges (`errors`, `latency` and `outputs` are off, and there are no `metrics`), so the"
            f" step to {shortest_percent(waiting.weight)} % would wait for a verdict that never comes; put a"
            " `pause` behind each `setWeight`, or leave one of them on",
        )


def _hooks(report: Report, node: Node) -> Iterator[Hook]:
    items = sequence(report, node, "hooks", "[{url: https://ci.example/gate}]") or ()
    if len(items) > MAX_HOOKS:
        report.add(node, f"there are {len(items)} hooks; at most {MAX_HOOKS} are possible")
        return
    readers: dict[str, Reader] = {"url": web_url, "at": _moments, "timeout": seconds("ms", "s")}
    for item in items:
        found = read_keys(report, item, "hooks", "{url: https://ci.example/gate}", readers)
        if found is not None and "url" not in found[1]:
            report.add(item, "this hook has no `url`; say what is asked, such as `https://ci.example/gate`")
        if found is not None and "url" in found[0]:
            yield Hook(**found[0])


def _moments(report: Report, node: Node, what: str) -> tuple[str, ...] | None:
    return words(report, node, what, MOMENTS)
