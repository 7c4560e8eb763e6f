"""The truth as a judge: on counted labels, and out of a request log."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.requestlog.label_lines import Label
from gateway.requestlog.labels import LabelStore
from gateway.requestlog.policy import LogPolicy
from gateway.requestlog.secrets import Secrets
from gateway.rollout.labelled import judged_by_labels, spans_of, verdict_of
from gateway.routing import journal
from gateway.routing.journal import Revision
from gateway.routing.judges import Judge, LabelsJudge
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan, Service, proportional
from gateway.routing.rollouts import Progress, Step

LABELS = LabelsJudge()
JUDGE = Judge(labels=LABELS)
PROGRESS = Progress(3, "canary", "blue", "progressing", 0, (Step(50_000), Step(100_000)), "", judge=JUDGE)
SERVICES = tuple(Service(name, urls=("http://127.0.0.1:1",)) for name in ("blue", "canary"))
SEGMENT = "1795248000000000000"


def route(canary: float, progress: Progress | None = PROGRESS) -> Route:
    """Return the route with so many percent for the canary."""
    weights = tuple(proportional({"blue": 100 - canary, "canary": canary}).items())
    return Route("late", "/late", "blue", weights, progress=progress, log=LogPolicy())


def verdict(canary: tuple[int, int], stable: tuple[int, int]) -> tuple[str, str]:
    """Return outcome and sentence for labelled predictions and wrong ones of either version."""
    rows = [(3, True, *canary), (3, False, *stable)]
    found = verdict_of(LABELS, PROGRESS, spans_of(rows, {3: route(50)}, PROGRESS))
    return found.outcome, found.sentence


def test_a_version_that_is_wrong_more_often_is_taken_back() -> None:
    """With its numbers in a sentence."""
    outcome, sentence = verdict((1_000, 300), (1_000, 150))
    assert outcome == "fail"
    assert sentence.startswith("300 of 1,000 labelled predictions of canary were wrong, 150 of 1,000 of blue")
    assert "2.0 times as often" in sentence


def test_one_that_is_as_good_passes_once_there_are_labels() -> None:
    """Few labels are no verdict, none at all neither."""
    assert verdict((5_000, 750), (5_000, 760))[0] == "pass"
    assert verdict((50, 7), (50, 8)) == (
        "inconclusive",
        "7 of 50 labelled predictions of canary were wrong, 8 of 50 of blue, 0.88 times as often; "
        "200 labels are needed in this step",
    )
    assert verdict((0, 0), (0, 0))[0] == "inconclusive"


def test_only_revisions_of_this_rollout_in_which_both_had_traffic_count() -> None:
    """What came before, and what is not known any more, is left out."""
    routes = {2: route(50, None), 3: route(10), 4: route(0), 5: route(50, replace(PROGRESS, id=9))}
    rows = [(n, is_canary, 10, 1) for n in range(2, 7) for is_canary in (False, True)]
    [span] = spans_of(rows, routes, PROGRESS)
    assert (span.since, span.share) == (3, 0.1)


def test_one_in_twenty_equal_versions_is_taken_back_at_most() -> None:
    """Looked at after every hundred labels; with half of alpha 5 % for labels."""
    dice = random.Random(4)
    failed = 0
    for _ in range(300):
        counts = {True: [0, 0], False: [0, 0]}
        for _ in range(10):
            for _ in range(100):
                found = counts[dice.random() < 0.5]
                found[0] += 1
                found[1] += dice.random() < 0.2
            if verdict((counts[True][0], counts[True][1]), (counts[False][0], counts[False][1]))[0] == "fail":
                failed += 1
                break
    assert failed <= 15


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A journal of a rollout at 50 %, and a log of 2,000 answers to which the truth is known."""
    found = Places(tmp_path)
    with journal.opened(found.journal) as connection:
        for number, share in ((3, 10.0), (4, 50.0)):
            plan = RoutingPlan(SERVICES, (route(share),), revision=number)
            journal.append(connection, Revision(number, 1.0, "a", "", "rollout", plan, None, "written"))
    dice = random.Random(5)
    lines, labels = [], []
    for n in range(2_000):
        service = dice.choice(("blue", "canary"))
        truth = dice.random() < 0.3
        is_wrong = dice.random() < (0.4 if service == "canary" else 0.1)
        record = {
            "id": f"{n:032x}",
            "ts": 1795248000000000 + n,
            "route": "late",
            "version": service,
            "chosen": service,
            "why": "weights",
            "revision": 4,
            "status": 200,
            "outputs": {"late_probability": [0.9 if truth != is_wrong else 0.1]},
        }
        lines.append(json.dumps(record))
        labels.append(Label(record["id"], 0, "", "", str(int(truth)), float(truth)))  # type: ignore[arg-type]
    found.log.open.mkdir(parents=True)
    (found.log.open / f"{SEGMENT}.ndjson").write_text("\n".join(lines) + "\n")
    LabelStore(found.log, Secrets(b"k" * 32), {}).append(labels)
    return found


def test_a_log_is_counted_from_the_rollouts_begin(places: Places) -> None:
    """Each request once, by the version that the split chose."""
    found = judged_by_labels(places, LABELS, "late", PROGRESS)
    assert (found.name, found.outcome) == ("labels", "fail")
    assert found.canary_requests + found.stable_requests == 2_000
    assert found.canary_bad / found.canary_requests == pytest.approx(0.4, abs=0.04)
    assert found.stable_bad / found.stable_requests == pytest.approx(0.1, abs=0.03)


def test_what_cannot_be_read_is_no_verdict(places: Places) -> None:
    """It says why, and the step holds."""
    found = judged_by_labels(places, LABELS, "gone", PROGRESS)
    assert (found.outcome, found.sentence) == (
        "inconclusive",
        "labels cannot be asked: route gone has no log",
    )
    places.journal.write_text("no database")
    found = judged_by_labels(places, LABELS, "late", PROGRESS)
    assert found.outcome == "inconclusive"
    assert "could not be had" in found.sentence
