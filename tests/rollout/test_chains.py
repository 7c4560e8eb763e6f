"""What may follow what: the difference between requests and users."""

from __future__ import annotations

import pytest

from gateway.rollout.chains import (
    bad_events,
    drawn,
    heads,
    independent,
    relative_risk,
    requests_of,
    starting_anywhere,
    starting_at,
)
from gateway.rollout.evidence import Counts, Firsts, Span


def span(
    number: int,
    share: float,
    canary: tuple[int, int],
    stable: tuple[int, int],
    *,
    era: int = 0,
    step: int = 0,
) -> Span:
    """A span without keys; versions as (requests, bad)."""
    return Span(number, era, step, number, share, _counts(canary), _counts(stable))


def keyed(number: int, share: float, *firsts: tuple[int, int], era: int = 0) -> Span:
    """A span with keys: per start, bad events of (canary, stable)."""
    found: tuple[Firsts, ...] = tuple(((canary,), (stable,)) for canary, stable in firsts)
    return Span(number, era, 0, number, share, Counts(100, (4,)), Counts(900, (9,)), found)


def _counts(found: tuple[int, int]) -> Counts:
    return Counts(found[0], (found[1],))


def test_without_keys_it_is_one_chain_that_starts_weigh_into() -> None:
    """Also across eras: nothing has to be told apart."""
    spans = [span(1, 0.05, (10, 1), (90, 2)), span(2, 0.25, (30, 3), (70, 4), era=1)]
    chains, rest = starting_anywhere(spans, 0)
    assert chains == [((1 / 2, 0.05, 1, 2), (1 / 6, 0.25, 3, 4))]
    assert rest == pytest.approx(1 / 3)


def test_the_prior_of_a_start_is_that_of_its_number() -> None:
    """Where spans were put together the weights of those that are no more are gone, never given to others."""
    spans = [span(1, 0.05, (10, 1), (90, 2)), span(4, 0.05, (30, 3), (70, 4))]
    chains, rest = starting_anywhere(spans, 0)
    assert [entry[0] for entry in chains[0]] == [1 / 2, 1 / 20]
    assert rest + 1 / 2 + 1 / 20 < 1


def test_with_keys_each_start_has_a_chain_of_what_was_first_since_then() -> None:
    """The last of `firsts` is from the span itself on, the ones before from further back."""
    spans = [keyed(1, 0.05, (1, 2)), keyed(2, 0.25, (3, 4), (5, 6)), keyed(3, 0.5, (7, 8), (9, 10), (11, 12))]
    chains, rest = starting_anywhere(spans, 0)
    assert chains == [
        ((1 / 2, 0.05, 1, 2), (0.0, 0.25, 3, 4), (0.0, 0.5, 7, 8)),
        ((1 / 6, 0.25, 5, 6), (0.0, 0.5, 9, 10)),
        ((1 / 12, 0.5, 11, 12),),
    ]
    assert rest == pytest.approx(1 / 4)


def test_with_keys_a_chain_ends_where_keys_cannot_be_told_apart_any_more() -> None:
    """A new era knows nobody, so a user could count twice."""
    spans = [keyed(1, 0.05, (1, 2)), keyed(2, 0.05, (3, 4), era=1)]
    assert starting_anywhere(spans, 0)[0] == [((1 / 2, 0.05, 1, 2),), ((1 / 6, 0.05, 3, 4),)]


def test_with_keys_a_chain_ends_where_the_share_falls() -> None:
    """The proof for better versions needs a share that never falls; new chains begin there."""
    spans = [keyed(1, 0.25, (1, 2)), keyed(2, 0.05, (3, 4), (5, 6)), keyed(3, 0.25, (0, 0), (7, 8), (9, 10))]
    assert starting_anywhere(spans, 0)[0] == [
        ((1 / 2, 0.25, 1, 2),),
        ((1 / 6, 0.05, 5, 6), (0.0, 0.25, 7, 8)),
        ((1 / 12, 0.25, 9, 10),),
    ]


def test_keys_that_come_or_go_begin_a_new_chain() -> None:
    """A route that became sticky, and one that no longer is: users and requests do not mix."""
    spans = [
        span(1, 0.05, (10, 1), (90, 2)),
        keyed(2, 0.05, (0, 0), (3, 4)),
        span(3, 0.05, (10, 5), (90, 6)),
        span(4, 0.05, (10, 7), (90, 8)),
    ]
    assert starting_anywhere(spans, 0)[0] == [
        ((1 / 2, 0.05, 1, 2),),
        ((1 / 6, 0.05, 3, 4),),
        ((1 / 12, 0.05, 5, 6), (1 / 20, 0.05, 7, 8)),
    ]


def test_one_start_alone_and_the_heads() -> None:
    """A head holds each event once: chains side by side begin where none goes on."""
    spans = [span(1, 0.05, (10, 1), (90, 2)), span(2, 0.25, (30, 3), (70, 4)), keyed(3, 0.5, (5, 6))]
    assert starting_at(spans, 1, 0) == ((1 / 6, 0.25, 3, 4),)
    assert heads(spans, 0) == [((1 / 2, 0.05, 1, 2), (0.0, 0.25, 3, 4)), ((1 / 12, 0.5, 5, 6),)]


def test_draws_without_keys_are_all_independent() -> None:
    """One group, with all of the weight."""
    spans = [span(1, 0.05, (10, 1), (90, 2)), span(2, 0.05, (30, 3), (70, 4))]
    groups, rest = independent(spans)
    assert (groups, rest) == ([(1.0, tuple(spans))], 0.0)
    assert drawn(groups[0], 0) == ((1.0, 0.05, 1, 2), (0.0, 0.05, 3, 4))


def test_draws_of_keys_are_independent_in_one_span_only() -> None:
    """A user who always fails draws in each span, so spans are weighed and not multiplied."""
    spans = [keyed(1, 0.05, (1, 2)), keyed(2, 0.05, (3, 4), (5, 6))]
    groups, rest = independent(spans)
    assert [one for _, one in groups] == [(spans[0],), (spans[1],)]
    assert [weight for weight, _ in groups] == pytest.approx([0.9, 0.09])
    assert rest == pytest.approx(0.01)
    assert independent([]) == ([], 1.0)


def test_the_relative_risk_of_one_span_is_the_ratio_of_rates() -> None:
    """What a reader gets who divides the rates of the sentence."""
    assert relative_risk([span(1, 0.05, (1083, 52), (20511, 190))], 0) == pytest.approx(
        (52 / 1083) / (190 / 20511)
    )


def test_an_incident_at_one_share_is_no_effect() -> None:
    """Rates of the sums would say 1.8 times as often: the canary had more of its requests in the bad hour."""
    spans = [span(1, 0.05, (500, 5), (9500, 95)), span(2, 0.5, (5000, 1000), (5000, 1000))]
    assert relative_risk(spans, 0) == pytest.approx(1.0)


def test_with_keys_the_relative_risk_is_that_of_first_bad_events() -> None:
    """Shares stand for the requests, which count users only once."""
    spans = [keyed(1, 0.05, (5, 19)), keyed(2, 0.25, (15, 3), (20, 30))]
    assert relative_risk(spans, 0) == pytest.approx((5 * 0.95 + 15 * 0.75) / (19 * 0.05 + 3 * 0.25))


def test_nothing_to_compare_with_is_no_relative_risk() -> None:
    """No bad request of stable, or none at all."""
    assert relative_risk([span(1, 0.05, (10, 3), (90, 0))], 0) is None
    assert relative_risk([], 0) is None


def test_a_metric_that_was_not_counted_has_no_bad_events() -> None:
    """Spans from before thresholds were frozen know errors only."""
    spans = [span(1, 0.05, (10, 3), (90, 4))]
    assert bad_events(spans, 2) == (0, 0)
    assert requests_of(spans) == (10, 90)
    assert starting_at([keyed(1, 0.05, (1, 2))], 0, 3) == ((1 / 2, 0.05, 0, 0),)
