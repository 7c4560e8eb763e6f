"""A plan on a terminal: all of it in 80 columns, and all of it without colour."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from rich.console import Console

from gateway.cli.plan_view import bar, plan_view, rounded, total
from gateway.rollout.outlook import Ask, Outlook
from gateway.rollout.remarks import better_words
from tests.cli.plans import ASK, OUTLOOK, WORST


def drawn(ask: Ask = ASK, outlook: Outlook = OUTLOOK) -> str:
    """Return the plan as a plain terminal of 80 columns shows it."""
    console = Console(width=80, color_system=None, markup=False)
    with console.capture() as capture:
        console.print(plan_view(ask, outlook))
    return capture.get()


def test_it_fits_80_columns_and_says_all_of_it() -> None:
    """Nothing is cut; the traffic, the steps, what they find, the cost, the warning and the advice."""
    shown = drawn()
    assert "…" not in shown
    lines = [line.split() for line in shown.splitlines()]
    assert shown.startswith(
        "canary beside blue on route late: 50 requests/s, 1.0 % fail at blue\n480 of 48,000"
    )
    assert ["step", "25", "%", "█" * 30, "13", "min", "(p90", "27", "min)"] in lines
    assert "no worse: over after 5,000 requests, mostly for errors" in shown
    assert ["3", "×", "the", "errors", "█████████░", "86%", "1.5", "min", "3", "min", "4,500", "3.2"] in lines
    assert "to 100 %: 16 min for a version that is no worse (p90 32 min)" in shown
    assert "warning: step 1 %: too short" in shown
    assert "better: --steps 2,50,100 takes 10 min instead of 16 min, with 40 bad answers at" in shown
    assert "note: a slower version <is> slower" in shown


def test_only_what_is_between_never_and_surely_found_is_shown() -> None:
    """And the first that surely is; larger ones are found sooner still."""
    shown = drawn()
    assert "2 × the errors" in shown
    assert "10 × the errors" in shown
    before_the_cost = shown.split("if it fails from the start")[0]
    assert "20 × the errors" not in before_the_cost
    assert "1.25 × the errors" not in before_the_cost
    assert "latency" not in before_the_cost


def test_the_worst_is_marked_and_what_becomes_of_the_rest() -> None:
    """Seven in ten of those 1.25 times as bad get through, one in ten gets no verdict."""
    shown = drawn()
    row = next(line for line in shown.splitlines() if "◄ worst" in line)
    assert row.split() == [
        "1.25",
        "×",
        "the",
        "errors",
        "◄",
        "worst",
        "██░░░░░░░░",
        "20%",
        "25",
        "%",
        "30",
        "min",
        "51",
    ]
    assert "with 1.25 × the errors 70% get to 100 % and 10% get no verdict in time" in shown
    assert "with 20 ×" not in shown


def test_sticky_routes_count_users() -> None:
    """In the heading and in the tables."""
    shown = drawn(replace(ASK, keyed=True))
    assert "50 new users/s" in shown
    assert "5,000 users" in shown
    assert "requests" not in shown


def test_a_pause_goes_on_by_itself() -> None:
    """It waits for no judge."""
    timed = replace(OUTLOOK.steps[0], until="time", slowest="its pause")
    assert "then it goes on by itself" in drawn(outlook=replace(OUTLOOK, steps=(timed,), exposures=()))


def test_what_finds_nothing_says_so() -> None:
    """Rather than an empty table."""
    blind = replace(OUTLOOK.steps[0], detections=())
    assert "finds none of the regressions" in drawn(outlook=replace(OUTLOOK, steps=(blind,), exposures=()))


def test_what_never_happens_is_said_in_words() -> None:
    """A schedule that gets nowhere, and one that is better since it gets there."""
    nowhere = replace(OUTLOOK, seconds=math.inf)
    assert total(nowhere) == "a version that is no worse does not get to 100 % by itself"
    assert "takes 10 min instead of never" in better_words(nowhere)
    assert "takes 10 min as well" in better_words(replace(OUTLOOK, seconds=602.0, worst=WORST))


@pytest.mark.parametrize(
    ("part", "drawing"),
    [(0.0, "░" * 10), (0.06, "█" + "░" * 9), (0.9, "█" * 9 + "░"), (0.99, "█" * 9 + "░"), (1.0, "█" * 10)],
)
def test_only_all_of_it_fills_a_bar(part: float, drawing: str) -> None:
    """Nine parts and a half are not all."""
    assert bar(part) == drawing


def test_numbers_have_the_digits_that_count() -> None:
    """Of requests three."""
    assert [rounded(n) for n in (7.4, 431.0, 123_456.0, math.inf)] == ["7", "431", "123,000", "–"]
