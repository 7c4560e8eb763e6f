"""Hooks let a rollout go on, hold it or take it back; silence holds."""

from __future__ import annotations

import json

import pytest

from gateway.rollout.hooks import ASK_AGAIN, Hooks, asked
from gateway.routing.rollouts import Hook, Progress, Rollout, Step
from tests.rollout.listener import listening
from tests.waiting import BOUND, until

AT = Progress(7, "canary", "blue", "progressing", 0, (Step(1_000), Step(100_000)), "it began")


@pytest.mark.parametrize(
    ("answer", "gate", "says"),
    [
        ((200, b""), "open", ""),
        ((204, b""), "open", ""),
        ((200, b"OK, go on"), "open", ""),
        ((200, b'{"verdict": "pass"}'), "open", ""),
        ((200, b'{"anything": 1}'), "open", ""),
        ((200, b'{"verdict": "hold", "why": "it is Friday"}'), "held", ": it is Friday"),
        ((200, b'{"verdict": "fail", "why": "tests are red"}'), "failed", "taken back: tests are red"),
        ((200, b'{"verdict": "maybe"}'), "held", "must be pass, hold or fail"),
        ((200, b"{broken"), "held", "not the JSON"),
        ((403, b""), "held", "answered 403"),
        ((302, b""), "held", "answered 302"),
        (None, "held", "gave no answer within 0.2 s"),
    ],
)
def test_what_a_hook_says(answer: tuple[int, bytes] | None, gate: str, says: str) -> None:
    """2xx opens unless its JSON says otherwise; everything else holds, with the reason."""
    with listening() as server:
        server.answers = [answer]
        timeout = 0.2 if answer is None else BOUND
        said = asked(Hook(server.url + "/gate?token=s3cret", timeout=timeout), "late", AT, "before_step")
        until(lambda: server.asked)
        assert json.loads(server.asked[0][3])["moment"] == "before_step"
    assert said.gate == gate
    assert says in said.why
    assert "s3cret" not in said.why


def test_nobody_waits_for_a_hook() -> None:
    """It is asked once, and its answer holds for the step."""
    with listening() as server:
        hooks, spec = Hooks(), Rollout(hooks=(Hook(server.url, timeout=BOUND),))
        assert hooks.gate("late", spec, AT, "before_step", 1.0)[0] == "asked"
        until(lambda: hooks.gate("late", spec, AT, "before_step", 2.0)[0] == "open")
        assert hooks.gate("late", spec, AT, "before_step", 9_999.0) == ("open", "")
        assert len(server.asked) == 1


def test_a_hook_that_holds_is_asked_again() -> None:
    """After a while, since what it waits for may have come."""
    with listening() as server:
        server.answers = [(409, b""), (200, b"")]
        hooks, spec = Hooks(), Rollout(hooks=(Hook(server.url, timeout=BOUND),))
        until(lambda: hooks.gate("late", spec, AT, "before_step", 1.0)[0] == "held")
        assert hooks.gate("late", spec, AT, "before_step", ASK_AGAIN)[0] == "held"
        assert len(server.asked) == 1
        until(lambda: hooks.gate("late", spec, AT, "before_step", 1.0 + ASK_AGAIN)[0] == "open")


def test_each_moment_has_its_hooks() -> None:
    """Without one for a moment nothing is asked; with several the strictest decides."""
    with listening() as lets, listening() as holds:
        holds.answers = [(200, b'{"verdict": "fail"}')]
        both = (
            Hook(lets.url, at=("before_step", "before_promote"), timeout=BOUND),
            Hook(holds.url, at=("before_promote",), timeout=BOUND),
        )
        hooks, spec = Hooks(), Rollout(hooks=both)
        assert hooks.gate("late", Rollout(), AT, "before_step", 1.0) == ("none", "")
        until(lambda: hooks.gate("late", spec, AT, "before_step", 1.0)[0] == "open")
        until(lambda: hooks.gate("late", spec, AT, "before_promote", 1.0)[0] == "failed")
        hooks.forget({("late", 7)})
        assert hooks.gate("late", spec, AT, "before_step", 1.0)[0] == "open"
        hooks.forget(set())
        assert hooks.gate("late", spec, AT, "before_step", 1.0)[0] == "asked"
