"""The controller: one tick a second from evidence to a published decision, with every input scripted."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import GatewayError
from gateway.monitoring.tally import TallyWriter
from gateway.rollout import controller as module
from gateway.rollout import moves, record
from gateway.rollout.course import CLOSE_AFTER, LONGEST_TICK, NOTE_EVERY, SAVE_EVERY
from gateway.rollout.turn import carry_out
from gateway.rollout.verdict import MetricVerdict
from gateway.routing import change
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.revise import roll_back
from gateway.routing.rollouts import Freeze, Step
from gateway.routing.shares import set_shares
from gateway.routing.slot import publish
from tests.rollout.controller_site import Stage
from tests.waiting import BOUND, until

ALLOWED = 0.02
"""Seconds from a verdict to its publishing, where nothing else keeps the cores and the disk."""
TIMED = (Step(5_000, "time", 60.0), Step(25_000), Step(100_000))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A gateway with two routes and a controller that has ticked once."""
    made = Stage.made(tmp_path)
    made.tick()
    yield made
    shutil.rmtree(made.site.places.run.resolve())


def events(stage: Stage, route: str = "late") -> list[str]:
    """Return what was told of a route."""
    return [event["event"] for event in stage.elsewhere.told if event["route"] == route]


def decisions(stage: Stage) -> list[str]:
    """Return the events that were decided, in order."""
    return [found.decision.event for found in stage.decided() if found.decision]


def shown(stage: Stage) -> dict[str, Any]:
    """Return what `status` may read."""
    found = json.loads((stage.site.places.run / module.FILE).read_bytes())
    assert found["at"] == stage.wall
    routes: dict[str, Any] = found["routes"]
    return routes


def with_freeze(plan: RoutingPlan, window: Freeze) -> RoutingPlan:
    """Return a plan whose routes are frozen."""
    routes = (replace(r, rollout=replace(r.rollout, freeze=(window,))) for r in plan.routes)
    return replace(plan, routes=tuple(routes))


def test_a_version_that_passes_becomes_stable_step_by_step(stage: Stage) -> None:
    """Each pass is one step and one revision, and routing.yaml is to be written after each."""
    rollout = stage.start()
    stage.judge.outcome = "pass"
    places = []
    for _ in range(3):
        stage.tick()
        places.append((stage.progress().state, stage.progress().step, stage.site.shares()["canary"]))
    assert places == [("progressing", 1, 25.0), ("progressing", 2, 50.0), ("healthy", 3, 100.0)]
    assert stage.site.live().revision == rollout + 3
    assert stage.site.live().routes[0].stable == "canary"
    assert stage.woken == 3
    assert stage.site.head().author == "rollout"
    assert stage.site.head().action == "complete"
    assert stage.site.head().reason == stage.progress().why
    assert decisions(stage) == ["advance", "advance", "complete"]


def test_a_version_that_is_worse_is_taken_back(stage: Stage) -> None:
    """Also while a person has paused it."""
    stage.start()
    stage.move("pause", moves.pause, "lunch")
    stage.tick(times=3)
    assert stage.progress().state == "paused"
    stage.judge.outcome = "fail"
    stage.tick()
    assert stage.progress().state == "degraded"
    assert stage.site.shares() == {"blue": 100.0, "canary": 0.0}
    assert stage.progress().why == "errors says fail: 3 of 100 against 2 of 900"


def test_while_there_is_no_verdict_nothing_is_published(stage: Stage) -> None:
    """A tick without a decision leaves revision and slot alone."""
    rollout = stage.start()
    stage.tick(times=200)
    assert stage.site.live().revision == rollout
    assert stage.woken == 0


def test_a_metric_that_holds_is_answered_by_going_on(stage: Stage) -> None:
    """It pauses once; who resumes has seen it."""
    stage.start()
    stage.judge.outcome = "hold"
    stage.tick(times=3)
    assert (stage.progress().state, stage.progress().held_by) == ("paused", "errors")
    stage.move("resume", moves.resume, "looks right")
    stage.tick(times=3)
    assert (stage.progress().state, stage.progress().accepted) == ("progressing", ("errors",))
    assert events(stage) == ["started", "held", "resumed"]


def test_silence_pauses(stage: Stage) -> None:
    """A metric blackout is no good news."""
    stage.start()
    stage.judge.outcome = "pass"
    stage.elsewhere.says = ("held", "not now")
    stage.tick(times=12)
    stage.workers.silence = 10.5
    stage.tick()
    assert stage.progress().state == "paused"
    assert "blackout" in stage.progress().why


def test_a_start_of_the_whole_gateway_is_no_blackout(stage: Stage) -> None:
    """Workers that are not up yet have been silent since the machine was; nobody had listened to them."""
    stage.start()
    stage.restart()
    stage.workers.silence = 1e6
    stage.tick(times=11)
    assert stage.progress().state == "progressing"
    stage.tick()
    assert stage.progress().state == "paused"
    assert "for 11 s" in stage.progress().why


def test_evidence_that_cannot_be_read_is_silence(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """After ten seconds it pauses; the log says once why."""
    stage.start()
    stage.tick()
    stage.workers.error = OSError("no such ledger")
    stage.tick(times=10)
    assert stage.progress().state == "progressing"
    stage.tick()
    assert stage.progress().state == "paused"
    assert caplog.text.count("no such ledger") == 1
    assert "the rollout of route late" in caplog.text


def test_what_was_known_is_still_judged_while_evidence_cannot_be_read(stage: Stage) -> None:
    """A version that is worse is taken back on what was seen."""
    stage.start()
    stage.tick()
    stage.workers.error = ValueError("damaged")
    stage.judge.outcome = "fail"
    stage.tick()
    assert stage.progress().state == "degraded"
    assert stage.decided()[-1].evidence.spans[0].canary.requests == 50


def test_part_of_the_evidence_that_is_missing_is_logged(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """And again once that had been well in between."""
    stage.start()
    stage.workers.problem = "one ledger is full"
    stage.tick(times=3)
    stage.workers.problem = ""
    stage.tick()
    stage.workers.problem = "one ledger is full"
    stage.tick(times=3)
    assert caplog.text.count("one ledger is full") == 2
    assert stage.progress().state == "progressing"


def test_time_is_counted_in_ticks(stage: Stage) -> None:
    """A step of sixty seconds takes sixty, whatever the clock on the wall does."""
    stage.start(steps=TIMED)
    stage.tick()
    stage.wall += 3600
    stage.tick(times=59)
    stage.wall -= 7200
    assert stage.progress().step == 0
    stage.tick()
    assert stage.progress().step == 1


def test_a_tick_that_comes_late_adds_two_seconds_at_most(stage: Stage) -> None:
    """A machine that slept for an hour skips no step."""
    stage.start(steps=TIMED)
    stage.tick()
    stage.tick(3600.0, times=29)
    assert stage.progress().step == 0
    assert shown(stage)["late"]["situation"]["elapsed"] == 29 * LONGEST_TICK
    stage.tick(3600.0)
    assert stage.progress().step == 1


def test_another_control_process_goes_on_counting(stage: Stage) -> None:
    """Same step, same weights; no second counts that nobody saw, and at most five are lost."""
    stage.start(steps=TIMED)
    stage.tick(times=41)
    stage.restart()
    before = stage.site.live()
    stage.tick(1000.0)
    assert stage.site.live() == before
    assert 35 <= stage.kept(before.revision)[1] <= 40
    assert stage.workers.before[-1] is not None
    assert stage.workers.before[-1].spans
    stage.tick(times=19)
    assert stage.progress().step == 0
    stage.tick(times=7)
    assert stage.progress().step == 1


@pytest.mark.parametrize("is_dead", [False, True])
def test_each_step_has_its_own_time(stage: Stage, is_dead: bool) -> None:
    """Whoever went on or resumed, and whether or not a control process saw it, counting begins anew."""
    rollout = stage.start(steps=(TIMED[0], TIMED[0], TIMED[2]))
    stage.tick(times=50)
    if is_dead:
        stage.restart()
    stage.move("promote", moves.advance, "me", stage.wall)
    stage.tick()
    assert stage.kept(rollout)[1] <= 1.0
    stage.tick(times=50)
    assert stage.progress().step == 1
    stage.move("pause", moves.pause, "lunch")
    if is_dead:
        stage.restart()
    stage.move("resume", moves.resume, "back")
    stage.tick(times=50)
    assert stage.progress().step == 1
    stage.judge.outcome = "pass"
    stage.tick(times=20)
    assert stage.progress().state == "healthy"


def test_a_step_of_our_own_begins_at_zero_whoever_dies(stage: Stage) -> None:
    """The time of the step before is gone in the very transaction that leaves it."""
    rollout = stage.start()
    stage.tick(times=30)
    stage.judge.outcome = "pass"
    stage.tick()
    assert stage.kept(rollout)[1] == 0.0


def test_evidence_is_kept_every_few_seconds(stage: Stage) -> None:
    """So that a reboot costs little of it."""
    rollout = stage.start()
    stage.tick()
    stage.workers.canary = 51
    stage.tick(times=round(SAVE_EVERY) - 1)
    assert stage.kept(rollout)[0].spans[0].canary.requests == 50
    stage.tick()
    assert stage.kept(rollout)[0].spans[0].canary.requests == 51


def test_verdicts_are_recorded_when_they_change_and_each_minute(stage: Stage) -> None:
    """With what they were made from, and no decision."""
    stage.start()
    stage.tick(times=round(NOTE_EVERY))
    assert len(stage.decided()) == 1
    stage.tick()
    stage.judge.outcome = "pass"
    stage.elsewhere.says = ("held", "not now")
    stage.tick(times=2)
    found = stage.decided()
    assert [each.verdict.outcome for each in found] == ["inconclusive", "inconclusive", "pass"]
    assert [each.decision for each in found] == [None, None, None]
    assert found[-1].situation.gate == "held"
    assert found[-1].revision == stage.site.live().revision


def test_a_decision_is_recorded_with_its_revision_and_evidence(stage: Stage) -> None:
    """In one piece, so that it can be derived again."""
    rollout = stage.start()
    stage.judge.outcome = "pass"
    stage.elsewhere.verdicts = (MetricVerdict("score", "pass", "score is 1"),)
    stage.tick()
    found = stage.decided()[-1]
    assert (found.rollout, found.route, found.revision, found.at) == (
        rollout,
        "late",
        rollout + 1,
        stage.wall,
    )
    assert found.progress.step == 0
    assert found.external == stage.judge.external == stage.elsewhere.verdicts
    assert found.evidence == stage.kept(rollout)[0]
    assert found.decision is not None
    assert found.decision.why == stage.progress().why


def test_a_decision_that_cannot_be_recorded_is_not_taken(
    stage: Stage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither journalled nor published; the next tick does it."""
    rollout = stage.start()
    stage.judge.outcome = "pass"

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(record, "append_decided", full)
        stage.tick(times=3)
    assert stage.site.live().revision == rollout
    assert stage.site.head().revision == rollout
    assert caplog.text.count("disk is full") == 1
    stage.tick()
    assert stage.progress().step == 1


@pytest.mark.parametrize(("step", "moment"), [(0, "before_step"), (1, "before_step"), (2, "before_promote")])
def test_hooks_are_asked_once_the_step_is_over(stage: Stage, step: int, moment: str) -> None:
    """Not before, and what they say holds it."""
    stage.start()
    stage.tick()
    assert stage.elsewhere.asked == []
    stage.judge.outcome = "pass"
    stage.tick(times=step)
    stage.elsewhere.says = ("held", "not now")
    stage.elsewhere.asked.clear()
    stage.tick(times=2)
    assert stage.elsewhere.asked == [(step, moment)] * 2
    assert stage.progress().step == step
    stage.elsewhere.says = ("failed", "the hook says no")
    stage.tick()
    assert stage.progress().state == "degraded"
    assert stage.progress().why.startswith("the hook says no")


def test_a_freeze_holds_and_still_takes_back(stage: Stage) -> None:
    """The clock on the wall says whether it is one."""
    always = Freeze("Mon 00:00 - Sun 23:59 UTC", 0, 7 * 24 * 60 - 1, "UTC")
    stage.start()
    stage.change("file", lambda plan: with_freeze(plan, always))
    stage.judge.outcome = "pass"
    stage.tick(times=3)
    assert stage.progress().step == 0
    assert shown(stage)["late"]["situation"]["frozen"] == always.text
    assert stage.elsewhere.asked == []
    stage.judge.outcome = "fail"
    stage.tick()
    assert stage.progress().state == "degraded"


def test_routes_are_independent(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """One is taken back, the other goes on, and a judge that fails for one stops neither of the others."""
    late, other = stage.start("late"), stage.start("other")
    stage.judge.by_rollout = {late: "fail", other: "pass"}
    stage.tick()
    assert stage.progress("late").state == "degraded"
    assert stage.progress("other").step == 1
    again = stage.start("late")
    stage.judge.by_rollout = {other: "pass"}
    stage.judge.error = RuntimeError("a judge that nobody thought of")
    stage.tick(times=2)
    assert stage.progress("late").id == again
    assert stage.progress("late").step == 0
    assert stage.progress("other").state == "healthy"
    assert caplog.text.count("a judge that nobody thought of") == 2  # the line and its trace, once
    assert caplog.text.count("Traceback") == 1


def test_who_was_overtaken_moves_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person aborted between the judge's look and the commit: the decision was about what is no more."""
    stage.start()
    stage.judge.outcome = "pass"
    original = carry_out

    def aborted_first(*arguments: object) -> object:
        stage.move("abort", moves.abort, "enough")
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "carry_out", aborted_first)
    stage.tick()
    monkeypatch.undo()
    assert stage.progress().state == "degraded"
    assert stage.progress().why == "enough"
    assert decisions(stage) == []
    stage.tick(times=3)
    assert stage.progress().why == "enough"
    assert events(stage) == ["started", "aborted"]


def test_whatever_anybody_does_is_told_once(stage: Stage) -> None:
    """People, the controller, a rollback and a change by hand; two within one tick as well."""
    stage.start()
    stage.move("promote", moves.advance, "me", stage.wall)
    stage.judge.outcome = "pass"
    stage.tick()
    stage.tick()
    stage.change("rollback", lambda plan: roll_back(plan, "late", stage.wall))
    stage.judge.outcome = "inconclusive"
    stage.start()
    stage.change("set-weight", lambda plan: set_shares(plan, {"canary": 40}, "late"))
    stage.tick(times=5)
    expected = ["started", "step", "step", "promoted", "rolled_back", "started", "taken_over"]
    assert events(stage) == expected
    assert [event["revision"] for event in stage.elsewhere.told] == list(range(2, 9))


def test_another_control_process_tells_what_is_new_alone(stage: Stage) -> None:
    """Nothing old again, and what happened while there was none."""
    stage.start()
    stage.tick()
    stage.restart()
    stage.move("pause", moves.pause, "lunch")
    stage.tick(times=2)
    stage.restart()
    stage.tick(times=2)
    assert events(stage) == ["started", "paused"]


def test_the_first_control_process_tells_nothing_of_the_past(tmp_path: Path) -> None:
    """A journal from before there was anybody to tell is no news."""
    stage = Stage.made(tmp_path)
    stage.start()
    stage.tick(times=2)
    assert stage.elsewhere.told == []
    shutil.rmtree(stage.site.places.run.resolve())


def test_what_was_told_may_be_unwritable(
    stage: Stage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rollouts move nevertheless, and the log says once what that means."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gateway.rollout.following.replace_file", full)
    stage.start()
    stage.judge.outcome = "pass"
    stage.tick(times=2)
    assert events(stage) == ["started", "step", "step"]
    assert caplog.text.count("No space left") == 1


def test_after_a_promotion_the_old_version_is_let_go_in_time(stage: Stage) -> None:
    """It can be gone back to for an hour; then it rests where no other route needs it."""
    stage.start()
    stage.start("other")
    stage.judge.outcome = "pass"
    stage.tick(times=3)
    assert stage.progress().previous == "blue"
    stage.tick(3590.0)
    assert stage.site.live().parked == ()
    assert stage.progress().previous == "blue"
    stage.tick(20.0)
    assert stage.progress().previous == ""
    assert stage.site.live().parked == ("blue",)
    revision = stage.site.live().revision
    stage.tick(times=3)
    assert stage.site.live().revision == revision
    assert "let-go" not in events(stage)


def test_what_was_counted_is_removed_a_while_after_the_end(stage: Stage) -> None:
    """Late answers still count for a minute; providers and hooks forget at once."""
    rollout = stage.start()
    stage.tick()
    assert stage.elsewhere.active[-1] == {("late", rollout)}
    stage.judge.outcome = "fail"
    stage.tick()
    assert stage.elsewhere.active[-1] == set()
    stage.tick(times=round(CLOSE_AFTER) - 1)
    assert stage.workers.closed == []
    stage.tick()
    assert stage.workers.closed == [rollout]


def test_what_ended_while_nobody_looked_is_removed_too(stage: Stage) -> None:
    """The ledgers of a rollout that a person ended while the control process was dead."""
    rollout = stage.start()
    stage.move("abort", moves.abort, "enough")
    stage.site.places.ledger(rollout, 0).write_bytes(b"")
    stage.restart()
    stage.tick(times=round(CLOSE_AFTER) + 1)
    assert stage.workers.closed == [rollout]


def test_thresholds_are_frozen_once_stable_has_answered_enough(stage: Stage) -> None:
    """From what it did lately; they stay as they are from then on."""
    stage.start()
    stage.tick()
    assert stage.progress().thresholds == ()
    block = TallyWriter(stage.site.places.tally(0), 1).block("late", "blue", 2)
    block.words[block.histogram + 40] += 300
    stage.tick()
    frozen = stage.progress().thresholds
    assert len(frozen) == 3
    assert stage.site.head().action == "thresholds"
    revision = stage.site.live().revision
    block.words[block.histogram + 80] += 3000
    stage.tick(times=2)
    assert stage.progress().thresholds == frozen
    assert stage.site.live().revision == revision


def test_a_tally_that_cannot_be_read_keeps_nobody_from_judging(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """Thresholds come later then; a version that is worse is taken back now."""
    stage.start()
    stage.site.places.tally(0).write_bytes(bytes(8192))
    stage.tick(times=3)
    assert caplog.text.count("not a tally file") == 1
    assert "late" in shown(stage)
    stage.judge.outcome = "fail"
    stage.tick()
    assert stage.progress().state == "degraded"


def test_status_can_read_what_is_known(stage: Stage) -> None:
    """Verdict, situation, requests in the step and their rate, of active rollouts alone."""
    assert shown(stage) == {}
    stage.start()
    stage.tick()
    stage.workers.stable += 100
    stage.tick(times=2)
    found = shown(stage)
    assert set(found) == {"late"}
    assert found["late"]["step_requests"] == 1100
    assert found["late"]["rate"] == 50.0
    assert found["late"]["verdict"]["sentence"] == "errors says inconclusive: 3 of 100 against 2 of 900"
    assert found["late"]["situation"]["elapsed"] == 2.0


def test_only_one_controller_ticks(stage: Stage) -> None:
    """While a reload has two control processes, the second waits until the first is gone."""
    first, second = stage.controller, stage.fresh()
    stage.start()
    looked: list[object] = []
    threads = []
    for controller in (first, second):
        controller.tick = lambda *_, who=controller: looked.append(who)  # type: ignore[method-assign]
        threads.append(threading.Thread(target=controller.run))
        threads[-1].start()
        until(lambda: bool(looked))
    first.stop()
    threads[0].join(BOUND)
    until(lambda: second in looked)
    assert looked.index(second) > max(n for n, who in enumerate(looked) if who is first)
    second.stop()
    threads[1].join(BOUND)


def test_run_goes_on_after_a_failure_and_keeps_what_it_knows(
    stage: Stage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal that cannot be opened is logged and tried again; at the end evidence is kept."""
    rollout = stage.start()
    stage.tick()
    monkeypatch.setattr(module, "TICK", 0.01)
    ticks: list[float] = []

    def failing(*_: object) -> None:
        ticks.append(0.0)
        raise GatewayError("the disk is gone")

    monkeypatch.setattr(stage.controller, "tick", failing)
    thread = threading.Thread(target=stage.controller.run)
    thread.start()
    until(lambda: len(ticks) >= 3)
    stage.workers.canary = 77
    stage.controller.stop()
    thread.join(BOUND)
    assert caplog.text.count("the disk is gone") == 1
    assert stage.kept(rollout)[1] == 0.0


def test_a_verdict_is_published_within_milliseconds(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the judge's word to the slot only the journal's disk is waited for, and not routing.yaml."""
    published: list[float] = []
    original = publish

    def clocked(places: Places, plan: RoutingPlan) -> None:
        original(places, plan)
        published.append(time.perf_counter())

    monkeypatch.setattr(change, "publish", clocked)
    took = []
    for _ in range(20):
        stage.judge.outcome = "inconclusive"
        stage.start()
        stage.tick()
        stage.judge.outcome = "fail"
        stage.tick()
        took.append(published[-1] - stage.judge.said_at)
        if took[-1] < ALLOWED:
            break
    assert 0 < min(took) < ALLOWED, took
