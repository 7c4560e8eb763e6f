"""What people type to move a rollout, and what they get: real commits, nobody else alive."""

from __future__ import annotations

import pytest

from gateway.monitoring import health_report
from gateway.monitoring.tally import TallyWriter
from gateway.routing.rollouts import Progress
from gateway.routing.slot import published
from tests.cli.site import Site

LATE = ("--route", "late")


def progress(site: Site) -> Progress:
    """Where the first route's rollout stands in the latest revision."""
    found = site.head().plan.routes[0].progress
    assert found is not None
    return found


def test_a_rollout_starts_at_its_first_step(idle: Site) -> None:
    """Published, journalled with its reason, and in the file; told with what follows and how to stop it."""
    said = idle.run("rollout", "canary", "--steps", "1,5,25", "--reason", "retrained")
    assert said.code == 0
    assert said.out.splitlines() == [
        "revision 2 is live",
        "  late: blue 99 %, green 0 %, canary 1 %",
        "  step 1 of 4: 1 % goes to canary; it gets 5 % once it is shown no more than 11 times as bad as "
        "blue",
        "  to see it: gateway status --watch; to stop it: gateway abort --route late",
    ]
    assert (idle.head().action, idle.head().reason, idle.head().file) == ("rollout", "retrained", "written")
    assert [step.weight for step in progress(idle).steps] == [1000, 5000, 25_000, 100_000]
    assert published(idle.places) == idle.head().plan
    assert "weights: {blue: 99, green: 0, canary: 1}   # keep this remark" in idle.config.read_text()


def test_without_steps_those_of_the_route_hold(idle: Site) -> None:
    """The usual ones where routing.yaml says nothing."""
    idle.run("rollout", "canary")
    assert [step.weight for step in progress(idle).steps] == [5000, 25_000, 50_000, 100_000]


def test_it_is_paused_resumed_promoted_and_aborted(idle: Site) -> None:
    """Each is a revision of that name that says who did it and why."""
    idle.run("rollout", "canary")
    states = []
    for verb in ("pause", "resume", "promote", "abort"):
        assert idle.run(verb, "--reason", "so it is").code == 0
        head = idle.head()
        states.append((head.action, progress(idle).state, progress(idle).step, idle.weights()["canary"]))
        assert progress(idle).why.startswith("cli:")
        assert progress(idle).why.endswith(" it: so it is")
    assert states == [
        ("pause", "paused", 0, 5000),
        ("resume", "progressing", 0, 5000),
        ("promote", "progressing", 1, 25_000),
        ("abort", "degraded", 1, 0),
    ]


def test_a_pause_says_that_the_judge_goes_on(idle: Site) -> None:
    """And what ends it."""
    idle.run("rollout", "canary")
    said = idle.run("pause")
    assert "step 1 of 4, paused: 5 % goes to canary; it keeps its 5 % until somebody resumes it" in said.out
    assert "still taken back if it is shown to be worse" in said.out


def test_promoted_at_the_last_step_it_is_stable(idle: Site) -> None:
    """The file says so, and the answer how long the way back stays open."""
    idle.run("rollout", "canary", "--steps", "50")
    said = idle.run("promote")
    assert (
        "canary is stable now; blue stays warm for 1 h, and as long `gateway rollback --route late`"
        in said.out
    )
    assert (idle.head().plan.routes[0].stable, idle.weights()["canary"]) == ("canary", 100_000)


def test_in_full_it_is_stable_at_once(idle: Site) -> None:
    """Whatever steps are left."""
    idle.run("rollout", "canary")
    assert idle.run("promote", "--full").code == 0
    assert (progress(idle).state, idle.weights()) == ("healthy", {"blue": 0, "green": 0, "canary": 100_000})


def test_as_json_it_tells_where_the_rollout_stands(idle: Site) -> None:
    """With the revision, the weights and what is next."""
    found = idle.run("rollout", "canary", *LATE, "--json").json()
    assert (found["revision"], found["route"], found["weights"]["canary"]) == (2, "late", 5.0)
    assert (found["rollout"]["state"], found["rollout"]["step"], found["rollout"]["id"]) == (
        "progressing",
        1,
        2,
    )
    assert found["rollout"]["next"].startswith("it gets 25 %")
    assert found["rollout"]["judged"] is False
    assert "is paused already" in (idle.run("pause").out, idle.run("pause", "--json").json()["error"])[1]


def test_while_nobody_judges_it_says_so(idle: Site) -> None:
    """The verbs work all the same; an aborted rollout needs no judge."""
    warning = "the control process does not run: the rollout stays at this step until it does"
    assert warning in idle.run("rollout", "canary").err
    assert warning in idle.run("promote").err
    assert idle.run("abort").err == ""


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("5,x", "a step is a number of percent"),
        (",", "a step is a number of percent"),
        ("5,5", "steps must grow, and 5 does not after 5"),
        ("25,5", "steps must grow, and 5 does not after 25"),
        ("0,5", "a step is a percentage from 0.001 to 100, not 0"),
        ("5,101", "not 101"),
        ("nan", "not nan"),
        ("100", "a rollout needs a step below 100 %"),
        (",".join(str(n / 2) for n in range(1, 150)), "149 steps are too many"),
    ],
)
def test_steps_that_make_no_sense_are_refused(idle: Site, steps: str, said: str) -> None:
    """As wrong usage, with an example; no revision is made."""
    answer = idle.run("rollout", "canary", "--steps", steps)
    assert answer.code == 2
    assert said in answer.err
    assert "as in --steps 1,5,25,100" in answer.err
    assert idle.head().revision == 1


def test_steps_may_be_written_as_percentages(idle: Site) -> None:
    """With signs and blanks."""
    assert idle.run("rollout", "canary", "--steps", "0.5%, 5 %, 100").code == 0
    assert [step.weight for step in progress(idle).steps] == [500, 5000, 100_000]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rollout", "cannary"], "there is no service cannary; did you mean canary?"),
        (["rollout", "blue", *LATE], "blue is stable on route late already"),
        (["rollout", "green"], "several routes are possible (late, protocol, sure); say which with --route"),
        (["rollout", "canary", "--route", "lat"], "there is no route lat"),
        (["pause"], "no rollout is under way; to begin one: gateway rollout SERVICE"),
        (["resume", *LATE], "no rollout is under way on route late"),
        (["promote", "--full", *LATE], "no rollout is under way on route late"),
        (["abort"], "no rollout is under way"),
        (["rollout", "canary", "--reason", "two\nlines"], "one line of visible characters"),
    ],
)
def test_what_cannot_be_is_refused(idle: Site, arguments: list[str], said: str) -> None:
    """With a sentence and exit code 1; nothing is changed."""
    answer = idle.run(*arguments)
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err
    assert idle.head().revision == 1


def test_what_its_state_forbids_is_refused(idle: Site) -> None:
    """One rollout at a time, and no pause of a pause."""
    idle.run("rollout", "canary")
    assert (
        "a rollout of canary is under way on route late (step 1 of 4, 5 %)"
        in idle.run("rollout", "green", *LATE).err
    )
    assert "is not paused" in idle.run("resume").err
    idle.run("pause")
    assert "is paused already: cli:" in idle.run("pause").err
    assert idle.head().revision == 3


def test_a_canary_without_a_replica_is_refused(idle: Site) -> None:
    """Unless it is wanted nevertheless; what a worker sees decides."""
    document = {"services": {"canary": {"replicas": {"http://127.0.0.1:9003": "down"}, "breaker": ""}}}
    tally = TallyWriter(idle.places.tally(0), 4711)
    tally.beat(1e12, 1, 0)
    health_report.write(health_report.report_path(idle.places.run, 0), {**document, "pid": 4711})
    said = idle.run("rollout", "canary")
    assert said.code == 1
    assert "canary is not ready: service canary has no replica to use: replica 127.0.0.1:9003" in said.err
    assert "--force" in said.err
    assert idle.head().revision == 1
    assert idle.run("rollout", "canary", "--force").code == 0


def test_none_begins_while_no_gateway_runs(stopped: Site) -> None:
    """Nobody would be served it; the sentence says what to do, and nothing is recorded."""
    said = stopped.run("rollout", "canary", "--steps", "50")
    assert (said.code, said.out) == (1, "")
    assert "no gateway is running" in said.err
    assert "start it with `gateway up`" in said.err
    assert stopped.head().revision == 1


def test_a_canary_keeps_the_users_it_has(site: Site) -> None:
    """A first step below its share would move them back; an equal one does not."""
    said = site.run("rollout", "canary", "--steps", "5,100")
    assert said.code == 1
    assert "canary has 10 % already and the first step gives it 5 %: its users would move back" in said.err
    assert site.run("rollout", "canary", "--steps", "10,50").code == 0
