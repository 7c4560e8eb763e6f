"""What a verdict says, word for word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.rollout.evidence import Counts, Evidence, Firsts, Span
from gateway.rollout.judge import judge
from gateway.routing.judges import ErrorsJudge, Judge, LatencyJudge, OutputsJudge
from gateway.routing.rollouts import Progress, Rollout

ERRORS = Judge(latency=None, outputs=None)
P95 = Judge(errors=None, outputs=None, latency=LatencyJudge((0.95,)))
OUTPUTS = Judge(errors=None, latency=None)
PROGRESS = Progress(7, "canary", "blue", "progressing", 0, Rollout().steps, "", thresholds=(120_000,))


def span(
    canary: tuple[int, int],
    stable: tuple[int, int],
    *,
    number: int = 1,
    step: int = 0,
    share: float = 0.05,
    firsts: tuple[Firsts, ...] = (),
    outputs: tuple[tuple[int, ...], tuple[int, ...]] = ((), ()),
) -> Span:
    """Versions as (requests, bad), bad for errors and for the first latency."""
    ours, theirs = (Counts(requests, (bad, bad)) for requests, bad in (canary, stable))
    return Span(number, 0, step, number, share, ours, theirs, firsts, outputs)


def said(*spans: Span, spec: Judge = ERRORS, progress: Progress = PROGRESS) -> str:
    """The sentence of the verdict, at the step of the last span."""
    at = replace(progress, step=spans[-1].step)
    return judge(spec, at, Evidence(7, spans, (0.0, 12.5, 90.0))).sentence


def test_a_version_that_fails() -> None:
    """Rates, how many times as often, at least how many, and how sure that is."""
    assert said(span((150, 7), (2850, 26))) == (
        "canary fails 4.7 % of its requests (7 of 150) and blue 0.91 % (26 of 2,850): 5.1 times as often, "
        "at least 1.1 times; evidence 35 to 1, 20 to 1 is enough to take it back"
    )


def test_a_version_that_fails_where_stable_never_does() -> None:
    """There is no ratio, yet at least so many times."""
    assert said(span((1000, 12), (19_000, 0))).startswith(
        "canary fails 1.2 % of its requests (12 of 1,000) and blue none of 19,000: at least "
    )


def test_a_version_that_is_slow() -> None:
    """With the threshold."""
    assert said(span((1000, 160), (19_000, 950)), spec=P95) == (
        "canary takes more than 120 ms for 16 % of its requests (160 of 1,000) and blue 5.0 % "
        "(950 of 19,000): "
        "3.2 times as often, at least 2.3 times; evidence over 1,000,000 to 1, 20 to 1 is "
        "enough to take it back"
    )


def test_a_version_that_turned_bad() -> None:
    """Since when, and the numbers since then."""
    good = span((1000, 10), (19_000, 190))
    assert said(good, span((500, 50), (1500, 15), number=2, step=1, share=0.25)).startswith(
        "canary fails 10 % of its requests (50 of 500) and blue 1.0 % (15 of 1,500) since it "
        "was given 25 % of "
        "the traffic: 10 times as often, at least "
    )
    assert " lately: 10 times" in said(good, span((500, 50), (9500, 95), number=2))


def test_keys_are_counted_and_not_requests() -> None:
    """Rates of requests would be those of a few heavy users."""
    firsts: tuple[Firsts, ...] = (((30, 0), (60, 0)),)
    assert said(span((1000, 12), (19_000, 190), firsts=firsts)).startswith(
        "of 90 keys with an answer that failed 30 are with canary, where its share of the "
        "traffic would make it "
        "4: 9.5 times as often, at least "
    )


def test_a_version_that_is_good_enough() -> None:
    """For what, and by which of the two bars."""
    assert said(span((1000, 10), (19_000, 190))).startswith(
        "good enough for 25 %: canary fails 1.0 % of its requests (10 of 1,000) and blue 1.0 "
        "% (190 of 19,000); "
        "less than 3.0 times as often by evidence of "
    )
    assert said(span((200, 0), (3800, 0))) == (
        "good enough for 25 %: canary fails none of its 200 requests and blue none of 3,800; "
        "less than 2.0 % of "
        "all its requests by evidence of 56 to 1, 40 to 1 is enough"
    )


def test_a_version_not_known_well_enough() -> None:
    """What is known, what would be enough, and how long that takes."""
    assert said(span((100, 1), (1900, 19))) == (
        "not enough known of errors yet to go on to 25 %: canary fails 1.0 % of its requests (1 of 100) and "
        "blue 1.0 % (19 of 1,900), at most 7.2 times as often; enough is less than 3.0 times, or less than "
        "2.0 % of all its requests; about 7,800 more requests if it goes on like this"
    )
    only_ratio = replace(ERRORS, errors=ErrorsJudge(acceptable_rate=0.0))
    assert said(span((1000, 0), (19_000, 0)), spec=only_ratio).endswith(
        "enough is less than 3.0 times; as it looks now it would not pass"
    )


def test_a_step_that_has_only_begun() -> None:
    """What is missing are requests, not quality."""
    assert said(span((0, 0), (900, 9))) == (
        "canary has had no request in this step yet, so nothing is known of it here"
    )
    assert said(span((190, 0), (200, 0), share=0.5)) == (
        "nothing speaks against canary so far, but this step has had 390 of the 500 requests it needs"
    )


def test_a_latency_without_threshold() -> None:
    """Why it is not judged."""
    assert said(span((10, 1), (190, 9)), spec=P95, progress=replace(PROGRESS, thresholds=())) == (
        "latency p95 is not judged yet: blue has not shown enough answers of its own to tell what is slow"
    )


MOVED = span((300, 0), (5700, 0), outputs=((20, 45, 45, 190), (1425, 1425, 1425, 1425)))


@pytest.mark.parametrize(("on_change", "then"), [("hold", "ask a person"), ("abort", "take it back")])
def test_outputs_that_moved(on_change: str, then: str) -> None:
    """Which values, from which part to which, the strongest first."""
    spec = replace(OUTPUTS, outputs=OutputsJudge(on_change))  # type: ignore[arg-type]
    assert said(MOVED, spec=spec) == (
        "canary predicts otherwise than blue: above 90 in 63 % of its answers instead of 25 %, up to 0 in "
        "6.7 % of its answers instead of 25 % and 0 to 12.5 in 15 % of its answers instead of 25 %; "
        f"evidence over 1,000,000 to 1, 20 to 1 is enough to {then}"
    )


def test_outputs_that_a_person_has_accepted() -> None:
    """Still said, as they are still so."""
    assert said(MOVED, spec=OUTPUTS, progress=replace(PROGRESS, accepted=("outputs",))).endswith(
        "; a person has accepted that"
    )


def test_outputs_that_are_alike_and_none() -> None:
    """As far as that is known."""
    alike = span((300, 0), (5700, 0), outputs=((75, 75), (1425, 1425)))
    assert said(alike, spec=OUTPUTS) == ("canary predicts like blue as far as 150 and 2,850 predictions show")
    none = said(span((300, 0), (5700, 0)), spec=OUTPUTS)
    assert none == "no outputs of canary and blue to compare yet"


def test_an_output_is_called_by_its_name() -> None:
    """So that whoever is woken knows which one moved."""
    spec = replace(OUTPUTS, outputs=OutputsJudge(output="delay"))
    assert said(MOVED, spec=spec).startswith("canary predicts delay otherwise than blue: above 90 in 63 %")
    alike = span((300, 0), (5700, 0), outputs=((75, 75), (1425, 1425)))
    assert said(alike, spec=spec).startswith("canary predicts delay like blue")
    none = said(span((300, 0), (5700, 0)), spec=spec)
    assert none == "no output delay of canary and blue to compare yet"
