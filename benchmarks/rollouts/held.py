"""The row in which the canary is well and predicts something else: a person has to look."""

from __future__ import annotations

from benchmarks.measured.row import Figure, Reached, Row
from benchmarks.rollouts import users
from benchmarks.rollouts.load import failures
from benchmarks.rollouts.scale import Scale
from benchmarks.rollouts.trial import routing, trial, versions


async def outputs(scale: Scale) -> Reached:
    """A boosting of six months after a regression."""
    found = await trial(scale, routing(), versions("v1", "v3"), users.requests(5))
    failed = found.failed
    figures = (
        Figure("held", found.progress.state == "paused" and found.progress.held_by == "outputs", least=1),
        Figure("failed requests", len(failed), most=0),
        Figure("after", found.seconds, " s"),
        Figure("requests until then", len(found.during)),
        Figure("at step", found.progress.step + 1),
        Figure("not so in the journal", len(found.problems), most=0),
    )
    notes = (f"what failed: {failures(failed)}",) if failed else ()
    return Reached(len(found.asked), len(failed), figures, found.progress.why, (*notes, *found.problems))


ROWS = (
    Row(
        "outputs",
        "Held for a person",
        "v3, a gradient boosting, after v1, a logistic regression",
        "held, with a sentence that says what moved",
        outputs,
    ),
)
