"""Numbers that fit their columns."""

from __future__ import annotations

import pytest

from gateway.cli.numbers import compact, fixed, in_bytes, short


@pytest.mark.parametrize(
    ("number", "written"), [(0, "0"), (9999, "9999"), (12345, "12.3k"), (2_500_000, "2.5M"), (3e9, "3.0G")]
)
def test_counts_stay_short(number: float, written: str) -> None:
    """A column has room for six characters, however long the gateway has run."""
    assert compact(number) == written


@pytest.mark.parametrize(
    ("count", "written"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 * 1024**3, "5.0 GiB"), (3 * 1024**4, "3.0 TiB")],
)
def test_bytes_are_written_in_binary_units(count: int, written: str) -> None:
    """With one digit after the point, but for single bytes."""
    assert in_bytes(count) == written


def test_what_is_not_known_is_a_dash() -> None:
    """Else as many digits as asked for."""
    assert (fixed(None, 2), fixed(1.234, 2)) == ("–", "1.23")


@pytest.mark.parametrize(
    ("ratio", "written"), [(0.0, "0.00"), (0.612, "0.61"), (12.34, "12.3"), (123.4, "123"), (1234.0, "1e3")]
)
def test_ratios_have_four_characters(ratio: float, written: str) -> None:
    """From none to a thousand times as bad."""
    assert short(ratio) == written
