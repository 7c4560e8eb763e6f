"""What must hold: versions that are no worse are hardly ever taken back, too bad ones hardly ever passed."""

from __future__ import annotations

from benchmarks.prove.rehearsal import Plan
from benchmarks.prove.scenarios import ALPHA, Scenario, outputs, plain, sticky
from benchmarks.prove.traffic import Incidents, World
from benchmarks.prove.users import People
from gateway.routing.judges import ErrorsJudge, Judge, LatencyJudge, OutputsJudge
from gateway.routing.rollouts import Rollout, Step

EVEN = float("inf")
ERRORS = Judge(alpha=ALPHA, latency=None, outputs=None)
RATIO = Judge(alpha=ALPHA, errors=ErrorsJudge(acceptable_rate=0.0), latency=None, outputs=None)
QUANTILES = LatencyJudge().quantiles
ERRORS_AND_LATENCY = Judge(alpha=ALPHA, outputs=None)
OUTPUTS = Judge(alpha=ALPHA, errors=None, latency=None, outputs=OutputsJudge())

DEFAULT_STEPS = Rollout().steps
TENTH = (Step(10_000, "person"),)
QUARTER = (Step(25_000, "person"),)
TIMED = (Step(5_000, "time", 150.0), Step(25_000, "time", 250.0), Step(50_000, "person"))
QUICKLY = (Step(5_000, "time", 60.0), Step(25_000, "time", 60.0), Step(50_000, "person"))
LAST = (Step(50_000),)


_CLOSED = People(users=1_000, activity=0.0, base=0.05, uneven=EVEN, risk=0.5, seconds=500)
_WORN = People(users=2_000, activity=0.0, base=0.04, uneven=EVEN, risk=1.5, seconds=600)

SAME: tuple[Scenario, ...] = (
    Scenario(
        "plain",
        "1 % errors, 25 % to the canary, 100,000 requests",
        "fail",
        plain(World(), Plan(ERRORS, QUARTER)),
    ),
    Scenario(
        "incidents",
        "bursts of 30 % errors that hit both, while 5, 25 and 50 % go to the canary after fixed times",
        "fail",
        plain(World(incidents=Incidents()), Plan(ERRORS, TIMED)),
    ),
    Scenario(
        "ramp",
        "5, 25, 50, 100 %, each step when the judge passes the one before",
        "fail",
        plain(World(seconds=2_000), Plan(ERRORS, DEFAULT_STEPS)),
    ),
    Scenario(
        "errors and latency",
        "four metrics share α; 25 % to the canary, 25,000 requests",
        "fail",
        plain(World(seconds=250, quantiles=QUANTILES), Plan(ERRORS_AND_LATENCY, QUARTER)),
    ),
    Scenario(
        "sticky users",
        "3,000 users, Zipf activity, error rates of their own; 5, 25, 50 % after fixed times",
        "fail",
        sticky(People(users=3_000, seconds=600), Plan(ERRORS, TIMED, keyed=True)),
    ),
    Scenario(
        "sticky users, better canary",
        "half the errors, 1,000 users in all: stable's are used up before the canary's; 25 %",
        "fail",
        sticky(_CLOSED, Plan(ERRORS, QUARTER, keyed=True)),
    ),
    Scenario(
        "the same, growing",
        "5, 25, 50 % after fixed times",
        "fail",
        sticky(_CLOSED, Plan(ERRORS, TIMED, keyed=True)),
    ),
    Scenario(
        "low traffic",
        "1 request a second for 12 hours, 10 %",
        "fail",
        plain(World(rate=1, seconds=12 * 3600), Plan(ERRORS, TENTH)),
    ),
    Scenario(
        "two workers",
        "the second adopts weights a second late and is read up to 3 s late; 5, 25, 50, 100 % by verdict",
        "fail",
        plain(World(), Plan(ERRORS, DEFAULT_STEPS), 2, every_second=True),
    ),
    Scenario(
        "outputs",
        "a score, the same distribution; 5, 25, 50 % after fixed times",
        "pause",
        outputs(Plan(OUTPUTS, QUICKLY)),
    ),
)

TOO_BAD: tuple[Scenario, ...] = (
    Scenario(
        "at the margin",
        "1.5 × the errors (1 % at stable): through 5, 25, 50 to 100 %",
        "complete",
        plain(World(risk=1.5, seconds=2_000), Plan(ERRORS, DEFAULT_STEPS)),
        runs=1_000,
    ),
    Scenario(
        "at the margin, never taken back",
        "the same at the last step alone, where only the pass test is in the way",
        "complete",
        plain(World(risk=1.5, seconds=600), Plan(ERRORS, LAST, takes_back=False)),
        runs=1_000,
    ),
    Scenario(
        "at both limits, never taken back",
        "0.5 % errors, 1.5 × stable's: either bar could let it pass",
        "complete",
        plain(World(base=0.005 / 1.5, risk=1.5), Plan(ERRORS, LAST, takes_back=False)),
        runs=1_000,
    ),
    Scenario(
        "at the acceptable rate, never taken back",
        "0.5 % errors beside a stable that has next to none",
        "complete",
        plain(World(base=1e-9, risk=0.005 / 1e-9, seconds=300), Plan(ERRORS, LAST, takes_back=False)),
        runs=1_000,
    ),
    Scenario(
        "sticky users at the margin, never taken back",
        "2,000 users, 4 % errors: the canary's are used up before stable's",
        "complete",
        sticky(_WORN, Plan(RATIO, LAST, keyed=True, takes_back=False)),
        runs=1_000,
    ),
    Scenario(
        "uneven sticky users at the margin, never taken back",
        "5,000 users, Zipf activity, error rates of their own",
        "complete",
        sticky(People(risk=1.5, seconds=600), Plan(RATIO, LAST, keyed=True, takes_back=False)),
        runs=1_000,
    ),
)

ALIKE: tuple[Scenario, ...] = (
    Scenario("1 % errors", "", "fail", plain(World(seconds=4_000), Plan(ERRORS, DEFAULT_STEPS)), runs=500),
    Scenario(
        "0.1 % errors",
        "",
        "fail",
        plain(World(base=0.001, seconds=4_000), Plan(ERRORS, DEFAULT_STEPS)),
        runs=500,
    ),
    Scenario("no errors", "", "fail", plain(World(base=0.0), Plan(ERRORS, DEFAULT_STEPS)), runs=500),
)
"""How soon a version that is as good as stable becomes stable."""
