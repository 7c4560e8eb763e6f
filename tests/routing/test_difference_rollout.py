"""The lines of `gateway history` about rollouts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.difference import difference
from gateway.routing.difference_rollout import rollout_changes
from gateway.routing.judges import ErrorsJudge, Judge, LabelsJudge, LatencyJudge, Metric, OutputsJudge
from gateway.routing.plan import Route, RoutingPlan, Service
from gateway.routing.rollouts import Freeze, Hook, Notify, Progress, Rollout, Step

LATE = Route("late", "/late", "blue", (("blue", 99_000), ("canary", 1_000)))
STEPS = (Step(1_000), Step(5_000), Step(25_000), Step(100_000))
BEGUN = Progress(7, "canary", "blue", "progressing", 0, STEPS, "the rollout of canary began")
PAUSED = replace(BEGUN, state="paused", why="it is lunch time")
PROMOTED = replace(BEGUN, state="healthy", step=3, why="all good", previous="blue", warm_until=1e9)
BACK = replace(BEGUN, state="degraded", why="errors are 3 times as frequent")
METRIC = Metric("load", "prometheus", "http://p:9090", "up", "< 1", "> 2")


def rolled(**changes: object) -> Route:
    """Return the route with other settings of its rollout."""
    return replace(LATE, rollout=replace(LATE.rollout, **changes))  # type: ignore[arg-type]


def judged(**changes: object) -> Route:
    """Return the route with another judge."""
    return rolled(judge=replace(LATE.rollout.judge, **changes))  # type: ignore[arg-type]


def at(progress: Progress | None) -> Route:
    """Return the route where a rollout stands there."""
    return replace(LATE, progress=progress)


SETTINGS = {
    "steps": (
        rolled(steps=(Step(500, "time", 600.0), Step(25_000, "person"), Step(100_000))),
        ["rollout.steps 5 %, 25 %, 50 %, 100 % -> 0.5 % for 10m, 25 % until a person goes on, 100 %"],
    ),
    "judge": (
        judged(alpha=0.01, min_requests=50, max_wait=2 * 86_400.0, then="abort"),
        [
            "rollout.judge.alpha 0.05 -> 0.01",
            "rollout.judge.min_requests 500 -> 50",
            "rollout.judge.max_wait 6h -> 2d",
            "rollout.judge.then pause -> abort",
        ],
    ),
    "errors": (
        judged(errors=ErrorsJudge(2.0, 0.0)),
        ["rollout.judge.errors.margin 1.5 -> 2", "rollout.judge.errors.acceptable_rate 0.5% -> 0%"],
    ),
    "latency": (
        judged(latency=LatencyJudge((0.9,), 1.5)),
        ["rollout.judge.latency.quantiles 0.5, 0.95, 0.99 -> 0.9"],
    ),
    "outputs": (
        judged(outputs=OutputsJudge("ignore", "score")),
        ["rollout.judge.outputs.on_change hold -> ignore", "rollout.judge.outputs.output the first -> score"],
    ),
    "off": (
        judged(errors=None, outputs=None),
        ["rollout.judge.errors on -> off", "rollout.judge.outputs on -> off"],
    ),
    "metrics": (
        judged(metrics=(METRIC,)),
        [
            "rollout.judge.metrics none -> load (prometheus http://p:9090, up, pass < 1, fail > 2, every 30s,"
            " timeout 5s)"
        ],
    ),
    "the rest": (
        rolled(
            freeze=(Freeze("Fri 16:00 - Mon 08:00", 1, 2, "UTC"),),
            keep_warm=0.0,
            hooks=(Hook("https://h/x", ("before_step",)),),
        ),
        [
            "rollout.freeze none -> Fri 16:00 - Mon 08:00",
            "rollout.keep_warm 1h -> 0s",
            "rollout.hooks none -> https://h/x (before_step, timeout 10s)",
        ],
    ),
    "preview": (replace(LATE, preview="x-preview"), ["preview none -> x-preview"]),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_a_setting_is_told_as_people_write_it(case: str) -> None:
    """By its key in the file, before and after."""
    new, lines = SETTINGS[case]
    assert list(rollout_changes(LATE, new)) == lines


MOVES = {
    "it begins": (None, BEGUN, ["rollout of canary began at 1 %, step 1 of 4"]),
    "another begins": (BACK, replace(BEGUN, id=9), ["rollout of canary began at 1 %, step 1 of 4"]),
    "a step": (BEGUN, replace(BEGUN, step=1), ["rollout of canary: step 2 of 4"]),
    "a step out of a pause": (PAUSED, replace(BEGUN, step=1), ["rollout of canary: step 2 of 4"]),
    "paused": (BEGUN, PAUSED, ["rollout of canary paused: it is lunch time"]),
    "resumed": (PAUSED, replace(BEGUN, why="go on"), ["rollout of canary resumed: go on"]),
    "failed": (BEGUN, BACK, ["rollout of canary taken back: errors are 3 times as frequent"]),
    "promoted": (BEGUN, PROMOTED, ["rollout of canary promoted"]),
    "gone back afterwards": (
        PROMOTED,
        replace(PROMOTED, state="degraded", previous="", why="blue is stable again"),
        ["rollout of canary taken back: blue is stable again"],
    ),
    "by hand": (
        BEGUN,
        replace(BEGUN, state="healthy", why="set by hand"),
        ["rollout of canary ended: set by hand"],
    ),
    "no longer warm": (
        PROMOTED,
        replace(PROMOTED, previous="", warm_until=0.0),
        ["blue is no longer kept warm"],
    ),
    "switched": (
        None,
        Progress(8, "green", "blue", "healthy", 0, (Step(100_000),), "as I like it", previous="blue"),
        ["switched to green: as I like it"],
    ),
    "thresholds": (
        BEGUN,
        replace(BEGUN, thresholds=(1, 2, 3)),
        ["rollout of canary: stable's latencies are known"],
    ),
    "nothing": (BEGUN, BEGUN, []),
    "gone": (BACK, None, []),
}


@pytest.mark.parametrize("case", MOVES)
def test_where_a_rollout_stands_is_told_in_words(case: str) -> None:
    """One line for each move, with the reason where it did not simply go on."""
    old, new, lines = MOVES[case]
    assert list(rollout_changes(at(old), at(new))) == lines


def test_the_query_of_a_url_is_not_shown() -> None:
    """It may have a secret in it; that it changed is told all the same."""
    old, new = (rolled(hooks=(Hook(f"https://h/x?key={key}"),)) for key in "ab")
    assert list(rollout_changes(old, new)) == ["rollout changed in the query of a url"]
    [line] = rollout_changes(LATE, new)
    assert line == "rollout.hooks none -> https://h/x (before_step, before_promote, timeout 10s)"


def test_the_whole_plan_has_lines_too() -> None:
    """Who is told is named by kind: targets are often secret."""
    services = (Service("blue", "a"), Service("canary", "b"))
    old = RoutingPlan(services, (LATE,), parked=("canary",))
    hook = Notify("webhook", "https://h/very-secret", "${S}")
    new = replace(old, preview="127.0.0.1:8082", notify=(hook, Notify("file", "x")), parked=("blue",))
    assert difference(old, new) == [
        "preview none -> 127.0.0.1:8082",
        "notify none -> webhook, file",
        "service blue parked",
        "service canary runs again",
    ]
    other = replace(new, notify=(replace(hook, timeout=1.0), Notify("file", "x")))
    assert difference(new, other) == ["notify changed (webhook, file)"]


def test_a_promotion_is_told_with_what_it_moved() -> None:
    """History says who became stable, what the shares were, and that it was a promotion."""
    new = replace(LATE, stable="canary", weights=(("blue", 0), ("canary", 100_000)), progress=PROMOTED)
    assert difference(RoutingPlan((), (at(BEGUN),)), RoutingPlan((), (new,))) == [
        "late: stable blue -> canary",
        "late: canary 1 % -> 100 %, blue 99 % -> 0 %",
        "late: rollout of canary promoted",
    ]


STEP = st.builds(Step, st.integers(1, 100_000), st.sampled_from(["verdict", "time", "person"]), st.just(60.0))
MARGIN = st.sampled_from([1.1, 1.5, 2.0])
JUDGE = st.builds(
    Judge,
    st.sampled_from([0.01, 0.05]),
    st.none() | st.builds(ErrorsJudge, MARGIN, st.sampled_from([0.0, 0.005])),
    st.none() | st.builds(LatencyJudge, st.sampled_from([(0.5,), (0.5, 0.9)]), MARGIN),
    st.none() | st.builds(OutputsJudge, st.sampled_from(["hold", "abort"]), st.sampled_from(["", "x"])),
    st.sampled_from([(), (METRIC,), (replace(METRIC, every=1.0),), (replace(METRIC, passes=""),)]),
    st.sampled_from([1, 500]),
    st.sampled_from([60.0, 3600.0]),
    st.sampled_from(["pause", "abort"]),
    st.none() | st.builds(LabelsJudge, MARGIN),
)
ROLLOUT = st.builds(
    Rollout,
    st.lists(STEP, min_size=1, max_size=2).map(tuple),
    JUDGE,
    st.sampled_from([(), (Freeze("Fri 16:00 - Mon 08:00", 6720, 480, "UTC"),)]),
    st.sampled_from([0.0, 60.0]),
    st.sampled_from(
        [(), (Hook("http://h"),), (Hook("http://h", timeout=1.0),), (Hook("http://h?secret=1"),)]
    ),
)


@given(ROLLOUT, ROLLOUT)
def test_no_change_of_a_rollout_goes_untold(old: Rollout, new: Rollout) -> None:
    """Whatever differs, there is a line; where nothing does, there is none."""
    lines = list(rollout_changes(replace(LATE, rollout=old), replace(LATE, rollout=new)))
    assert bool(lines) == (old != new)
