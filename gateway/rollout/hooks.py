"""Webhooks that a rollout asks before it goes on: each may let it, hold it or have it taken back.

Asked in the background, once for each step, and again every while where the answer was no. Silence holds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from gateway.errors import GatewayError
from gateway.outcall import CallFailed, call, from_environment
from gateway.rollout.background import Background
from gateway.rollout.decide import Gate
from gateway.rollout.providers import about, printable
from gateway.routing.rollouts import Hook, Progress, Rollout

ASK_AGAIN = 30.0
LONGEST_WHY = 300


@dataclass(frozen=True, slots=True)
class Said:
    """What a hook said."""

    gate: Gate
    why: str


class Hooks:
    """The hooks of all routes; `gate` never waits."""

    def __init__(self) -> None:
        self._background: Background[Said] = Background()

    def gate(
        self, route: str, spec: Rollout, progress: Progress, moment: str, now: float
    ) -> tuple[Gate, str]:
        """Return what the hooks for a moment (`before_step`, `before_promote`) say together, and why.

        Where they have not all been asked in this step they are asked now. `now` is in monotonic seconds.
        """
        hooks = [hook for hook in spec.hooks if moment in hook.at]
        if not hooks:
            return "none", ""
        said = [self._said(route, hook, progress, moment, now) for hook in hooks]
        for gate in ("failed", "held", "asked"):
            for found in said:
                if found.gate == gate:
                    return found.gate, found.why
        return "open", ""

    def _said(self, route: str, hook: Hook, progress: Progress, moment: str, now: float) -> Said:
        question = (route, progress.id, progress.step, moment, hook)
        found = self._background.latest(question)
        if found is None or (found[1].gate == "held" and now - found[0] >= ASK_AGAIN):
            self._background.ask(question, now, lambda: asked(hook, route, progress, moment), found)
        return found[1] if found else Said("asked", f"the hook {named(hook)} has not answered yet")

    def forget(self, active: set[tuple[str, int]]) -> None:
        """Forget the answers for rollouts that are over; `active` are pairs of route and rollout."""
        self._background.forget(lambda question: isinstance(question, tuple) and question[:2] in active)


def named(hook: Hook) -> str:
    """Return a hook's address for messages, without what may be a secret in its query."""
    return hook.url.partition("?")[0]


def asked(hook: Hook, route: str, progress: Progress, moment: str) -> Said:
    """Ask one hook. 2xx opens, unless its JSON says `{"verdict": "hold" | "fail"}`; all else holds."""
    body = json.dumps({**about(route, progress), "moment": moment}).encode()
    headers = {"content-type": "application/json", "accept": "application/json"}
    try:
        answer = call("POST", from_environment(hook.url), body=body, headers=headers, timeout=hook.timeout)
        if not answer.is_ok:
            raise CallFailed(f"it answered {answer.status}")
        verdict, why = _verdict(answer.body)
    except GatewayError as error:
        return Said("held", f"the hook {named(hook)} holds it: {error}")
    if verdict == "fail":
        return Said("failed", f"the hook {named(hook)} wants it taken back" + why)
    if verdict == "hold":
        return Said("held", f"the hook {named(hook)} holds it" + why)
    return Said("open", "")


def _verdict(body: bytes) -> tuple[str, str]:
    """Return the verdict in a hook's answer, empty where it gives none; one that nobody knows holds."""
    if not body.lstrip().startswith(b"{"):
        return "", ""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise CallFailed("its answer is not the JSON it seems to be") from None
    verdict = found.get("verdict", "")
    if verdict not in ("", "pass", "hold", "fail"):
        raise CallFailed(f"its verdict must be pass, hold or fail, not {str(verdict)[:40]!r}")
    why = printable(str(found.get("why", "")))[:LONGEST_WHY]
    return verdict, f": {why}" if why else ""
