"""Bins: made of first values, named by a digest, kept as JSON."""

from __future__ import annotations

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from gateway.watching.basis import (
    BINS,
    MOST_CATEGORIES,
    Basis,
    Binning,
    deciles,
    digest,
    from_json,
    from_values,
    to_json,
)

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@given(NUMBERS)
def test_numbers_have_bins_of_about_equal_counts(numbers: list[float]) -> None:
    """Edges grow, every value is counted once, and no bin but the last can be empty."""
    edges = deciles(numbers)
    assert list(edges) == sorted(set(edges))
    assert len(edges) < BINS
    made = from_values("x", [repr(number) for number in numbers], is_output=False)
    assert made is not None
    assert sum(made.counts) == len(numbers)
    assert len(made.counts) == made.size
    assert all(made.counts)
    assert made.counts[0] == sum(bisect_left(edges, number) == 0 for number in numbers)


def test_what_values_say_decides_their_scale() -> None:
    """Flags, shares (of outputs alone), numbers, and all else as categories with one bin for the rest."""
    flag = from_values("late", ["true", "false", "true", None], is_output=True)
    assert flag is not None
    assert (flag.scale, flag.counts, flag.size) == ("flag", (1, 2), 2)
    shares = ["0.1", "0.5", "1"]
    assert from_values("p", shares, is_output=True).scale == "probability"  # type: ignore[union-attr]
    assert from_values("p", shares, is_output=False).scale == "number"  # type: ignore[union-attr]
    named = from_values("dest", ["ORD", "ATL", "ORD"] * 5 + ["LAX"], is_output=False)
    assert named is not None
    assert (named.categories, named.counts, named.size) == (("ORD", "ATL"), (10, 5, 1), 3)
    assert from_values("x", [None, None], is_output=False) is None


def test_identifiers_do_not_become_categories() -> None:
    """The frequent ones have a bin each; whoever came by chance is not written down."""
    made = from_values("user", [f"u{n}" for n in range(500)] + ["robot"] * 50, is_output=False)
    assert made is not None
    assert (made.categories, made.counts) == (("robot",), (50, 500))
    many = from_values("user", [f"u{n}" for n in range(120)] * 5, is_output=False)
    assert many is not None
    assert len(many.categories) <= MOST_CATEGORIES


def test_bins_survive_being_written_down() -> None:
    """Infinite limits included; other bins, and other models, have another digest."""
    basis = Basis(
        "training", (Binning("x", "number", (1.0, 2.5), counts=(1, 2, 3)),), (Binning("p", "flag"),)
    )
    assert from_json(to_json(basis)) == basis
    assert digest("a", basis) == digest("a", from_json(to_json(basis)))
    assert len({digest("a", basis), digest("b", basis), digest("a", Basis("training"))}) == 3
    assert basis.binning("p") == basis.outputs[0]
    assert basis.binning("y") is None
