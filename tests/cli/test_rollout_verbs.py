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


def test_a_rollout_starts_at_its_first_step(site: Site) -> None:
    """Published, journalled with its reason, and in the file; told with what follows and how to stop it."""
    said = site.run("rollout", "canary", "--steps", "1,5,25", "--reason", "retrained")
    assert said.code == 0
    assert said.out.splitlines() == [
        "revision 2 is live",
        "  late: blue 99 %, green 0 %, canary 1 %",
        "  step 1 of 4: 1 % goes to canary; it gets 5 % once it is shown no more than 11 times as bad as "
        "blue",
        "  to see it: gateway status --watch; to stop it: gateway abort --route late",
    ]
    assert (site.head().action, site.head().reason, site.head().file) == ("rollout", "retrained", "written")
    assert [step.weight for step in progress(site).steps] == [1000, 5000, 25_000, 100_000]
    assert published(site.places) == site.head().plan
    assert "weights: {blue: 99, green: 0, canary: 1}   # keep this remark" in site.config.read_text()


def test_without_steps_those_of_the_route_hold(site: Site) -> None:
    """The usual ones where routing.yaml says nothing."""
    site.run("rollout", "canary")
    assert [step.weight for step in progress(site).steps] == [5000, 25_000, 50_000, 100_000]


def test_it_is_paused_resumed_promoted_and_aborted(site: Site) -> None:
    """Each is a revision of that name that says who did it and why."""
    site.run("rollout", "canary")
    states = []
    for verb in ("pause", "resume", "promote", "abort"):
        assert site.run(verb, "--reason", "so it is").code == 0
        head = site.head()
        states.append((head.action, progress(site).state, progress(site).step, site.weights()["canary"]))
        assert progress(site).why.startswith("cli:")
        assert progress(site).why.endswith(" it: so it is")
    assert states == [
        ("pause", "paused", 0, 5000),
        ("resume", "progressing", 0, 5000),
        ("promote", "progressing", 1, 25_000),
        ("abort", "degraded", 1, 0),
    ]


def test_a_pause_says_that_the_judge_goes_on(site: Site) -> None:
    """And what ends it."""
    site.run("rollout", "canary")
    said = site.run("pause")
    assert "step 1 of 4, paused: 5 % goes to canary; it keeps its 5 % until somebody says" in said.out
    assert "still taken back if it is shown to be worse" in said.out


def test_promoted_at_the_last_step_it_is_stable(site: Site) -> None:
    """The file says so, and the answer how long the way back stays open."""
    site.run("rollout", "canary", "--steps", "50")
    said = site.run("promote")
    assert (
        "canary is stable now; blue stays warm for 1 h, and as long `gateway rollback --route late`"
        in said.out
    )
    assert (site.head().plan.routes[0].stable, site.weights()["canary"]) == ("canary", 100_000)


def test_in_full_it_is_stable_at_once(site: Site) -> None:
    """Whatever steps are left."""
    site.run("rollout", "canary")
    assert site.run("promote", "--full").code == 0
    assert (progress(site).state, site.weights()) == ("healthy", {"blue": 0, "green": 0, "canary": 100_000})


def test_as_json_it_tells_where_the_rollout_stands(site: Site) -> None:
    """With the revision, the weights and what is next."""
    found = site.run("rollout", "canary", *LATE, "--json").json()
    assert (found["revision"], found["route"], found["weights"]["canary"]) == (2, "late", 5.0)
    assert (found["rollout"]["state"], found["rollout"]["step"], found["rollout"]["id"]) == (
        "progressing",
        1,
        2,
    )
    assert found["rollout"]["next"].startswith("it gets 25 %")
    assert found["rollout"]["judged"] is False
    assert "is paused already" in (site.run("pause").out, site.run("pause", "--json").json()["error"])[1]


def test_while_nobody_judges_it_says_so(site: Site) -> None:
    """The verbs work all the same; an aborted rollout needs no judge."""
    warning = "the control process does not run: the rollout stays at this step until it does"
    assert warning in site.run("rollout", "canary").err
    assert warning in site.run("promote").err
    assert site.run("abort").err == ""


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
def test_steps_that_make_no_sense_are_refused(site: Site, steps: str, said: str) -> None:
    """As wrong usage, with an example; no revision is made."""
    answer = site.run("rollout", "canary", "--steps", steps)
    assert answer.code == 2
    assert said in answer.err
    assert "as in --steps 1,5,25,100" in answer.err
    assert site.head().revision == 1


def test_steps_may_be_written_as_percentages(site: Site) -> None:
    """With signs and blanks."""
    assert site.run("rollout", "canary", "--steps", "0.5%, 5 %, 100").code == 0
    assert [step.weight for step in progress(site).steps] == [500, 5000, 100_000]


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
def test_what_cannot_be_is_refused(site: Site, arguments: list[str], said: str) -> None:
    """With a sentence and exit code 1; nothing is changed."""
    answer = site.run(*arguments)
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err
    assert site.head().revision == 1


def test_what_its_state_forbids_is_refused(site: Site) -> None:
    """One rollout at a time, and no pause of a pause."""
    site.run("rollout", "canary")
    assert (
        "a rollout of canary is under way on route late (step 1 of 4, 5 %)"
        in site.run("rollout", "green", *LATE).err
    )
    assert "is not paused" in site.run("resume").err
    site.run("pause")
    assert "is paused already: cli:" in site.run("pause").err
    assert site.head().revision == 3


def test_a_canary_without_a_replica_is_refused(site: Site) -> None:
    """Unless it is wanted nevertheless; what a worker sees decides."""
    document = {"services": {"canary": {"replicas": {"http://127.0.0.1:9003": "down"}, "breaker": ""}}}
    tally = TallyWriter(site.places.tally(0), 4711)
    tally.beat(1e12, 1, 0)
    health_report.write(health_report.report_path(site.places.run, 0), {**document, "pid": 4711})
    said = site.run("rollout", "canary")
    assert said.code == 1
    assert "canary is not ready: service canary has no replica to use: replica 127.0.0.1:9003" in said.err
    assert "--force" in said.err
    assert site.head().revision == 1
    assert site.run("rollout", "canary", "--force").code == 0


def test_a_stopped_gateway_records_the_rollout_for_its_next_start(stopped: Site) -> None:
    """That nobody serves it is a failure."""
    said = stopped.run("rollout", "canary")
    assert said.code == 1
    assert "revision 2 is recorded, but no gateway is running" in said.err
