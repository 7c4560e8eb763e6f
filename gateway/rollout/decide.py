"""What a rollout does next, from where it stands, what the judge says and what is the case around it: pure.

Never more than one event at a time, and each with a sentence that names its numbers. The order of the
questions is the promise: what is worse is taken back whatever else holds, and nothing grows without a reason.
"""

from __future__ import annotations

import math

from gateway.rollout.decision import Decision, Gate, Situation, counted, decision, next_weight, place, share
from gateway.rollout.evidence import Evidence
from gateway.rollout.verdict import Outcome, Verdict
from gateway.routing.plan import UNITS, shortest_percent
from gateway.routing.rollouts import Progress, Rollout, Step

__all__ = ["Decision", "Gate", "Situation", "decide"]

BLACKOUT = 10.0
"""Seconds of silence from all workers after which a rollout is paused."""
LEFT_OUT = 1e-9
"""A canary that got nothing although that was less probable than this is not being routed to."""
NO_TRAFFIC = "traffic"
"""What `held_by` names where the canary got none: who resumes has answered it, as with a metric."""

NO_ROOM = "room"
"""The same where there is none to count in."""


def decide(
    progress: Progress, spec: Rollout, verdict: Verdict, situation: Situation, evidence: Evidence
) -> Decision | None:
    """Return what happens now, or None: stay. A gate counts only in a situation whose step is over."""
    if not progress.is_active:
        return None
    if verdict.outcome == "fail":
        return decision("fail", verdict.sentence)
    if progress.state == "paused":
        return None
    return _interrupted(progress, verdict, situation, evidence) or _onward(
        progress, spec, verdict, situation, evidence
    )


def _interrupted(
    progress: Progress, verdict: Verdict, situation: Situation, evidence: Evidence
) -> Decision | None:
    """Return the pause of a rollout that nobody can judge, or that a person has to look at."""
    if situation.silent > BLACKOUT:
        return decision(
            "pause",
            f"blackout: for {situation.silent:.0f} s no worker has said anything, so nobody knows how "
            f"{progress.canary} does",
        )
    if situation.is_full and NO_ROOM not in progress.accepted:
        return decision(
            "pause",
            f"blackout: the workers have no room left to count what more users of {progress.canary} and "
            f"{progress.stable} see in step {place(progress)}",
            NO_ROOM,
        )
    held = _holding(progress, verdict)
    if held is not None:
        name, sentence = held
        return decision("pause", f"a person has to look at it: {sentence}", name)
    if NO_TRAFFIC not in progress.accepted and _is_left_out(progress, evidence):
        _, stable = counted(evidence, progress.step)
        return decision(
            "pause",
            f"{progress.canary} got none of {stable} requests in step {place(progress)}, although it was to "
            f"get {share(progress)} of them: something keeps them from it",
            NO_TRAFFIC,
        )
    return None


def _holding(progress: Progress, verdict: Verdict) -> tuple[str, str] | None:
    """Return the first metric that asks for a person who has not answered it, and what it says."""
    if verdict.outcome != "hold":
        return None
    holds = [(metric.name, metric.sentence) for metric in verdict.metrics if metric.outcome == "hold"]
    unanswered = [
        found for found in holds or [("judge", verdict.sentence)] if found[0] not in progress.accepted
    ]
    return unanswered[0] if unanswered else None


def _outcome(verdict: Verdict) -> Outcome:
    """Return the verdict of the metrics that ask for nobody; what asked has been answered by now."""
    if verdict.outcome != "hold":
        return verdict.outcome
    others = [metric.outcome for metric in verdict.metrics if metric.outcome != "hold"]
    return "pass" if others and all(outcome == "pass" for outcome in others) else "inconclusive"


def _is_left_out(progress: Progress, evidence: Evidence) -> bool:
    spans = [span for span in evidence.spans if span.step == progress.step]
    if any(span.canary.requests or span.share >= 1 for span in spans):
        return False
    return sum(span.stable.requests * math.log1p(-span.share) for span in spans) < math.log(LEFT_OUT)


def _onward(
    progress: Progress, spec: Rollout, verdict: Verdict, situation: Situation, evidence: Evidence
) -> Decision | None:
    """Return the way to the next step once this one is over and nobody objects."""
    found = _over(progress, spec, verdict, situation, evidence)
    if found is None or found.event in ("pause", "fail"):
        return found
    if situation.frozen:
        return None
    if situation.gate == "failed":
        why = situation.gate_why or "a hook wants it taken back"
        return decision("fail", f"{why} (step {place(progress)}, at {share(progress)})")
    return found if situation.gate in ("none", "open") else None


def _over(
    progress: Progress, spec: Rollout, verdict: Verdict, situation: Situation, evidence: Evidence
) -> Decision | None:
    """Return what the end of this step leads to; None while it goes on."""
    step = progress.steps[progress.step]
    if step.until == "person" or situation.elapsed < step.seconds:
        return None
    canary, stable = counted(evidence, progress.step)
    if _needs_pass(progress, step):
        # Until then a version that never answers at all has nothing against it yet.
        if _outcome(verdict) == "pass" and situation.elapsed > progress.overdue + 1:
            return _forward(progress, verdict.sentence)
        if situation.elapsed - step.seconds >= spec.judge.max_wait:
            return _waited(progress, spec, verdict, situation, canary, stable)
        return None
    if not canary:
        is_over = situation.elapsed - step.seconds >= spec.judge.max_wait
        return _waited(progress, spec, verdict, situation, canary, stable) if is_over else None
    counts = f"{canary} requests of {progress.canary} and {stable} of {progress.stable}"
    return _forward(progress, f"the {step.seconds:g} s of this step are over, with {counts}")


def _needs_pass(progress: Progress, step: Step) -> bool:
    """Tell whether this step ends with a verdict: time alone gives nobody all of the traffic."""
    return step.until == "verdict" or next_weight(progress) >= UNITS


def _waited(
    progress: Progress, spec: Rollout, verdict: Verdict, situation: Situation, canary: int, stable: int
) -> Decision:
    """Return what the route wants after `max_wait` without a verdict."""
    waited = (
        f"after {situation.elapsed:.0f} s in step {place(progress)} there is no verdict "
        f"({canary} requests of {progress.canary}, {stable} of {progress.stable})"
    )
    if spec.judge.then == "abort":
        return decision(
            "fail", f"{waited}; it is taken back for that, and was not judged worse: {verdict.sentence}"
        )
    if spec.judge.then == "promote":
        if canary and next_weight(progress) < UNITS:
            return _forward(progress, f"{waited}, and it goes on as routing.yaml says")
        waited += ", and time alone never gives a version all of the traffic" if canary else ""
    return decision("pause", f"{waited}: {verdict.sentence}")


def _forward(progress: Progress, why: str) -> Decision:
    following = next_weight(progress)
    if following >= UNITS:
        return decision("complete", f"{why}; {progress.canary} becomes stable and gets everything")
    grown = f"{progress.canary} goes from {share(progress)} to {shortest_percent(following)} %"
    return decision("advance", f"{why}; {grown}")
