"""Card numbers among other digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.cards import is_card, redact_cards

# The numbers that payment firms publish for tests.
CARDS = ["4111111111111111", "5555555555554444", "378282246310005", "30569309025904", "6011111111111117"]


@pytest.mark.parametrize("card", [*CARDS, "4222222222222", "4000000000000000006", "122000000000003"])
def test_cards(card: str) -> None:
    """Numbers of every usual length are known; with another last digit they are none."""
    assert is_card(card)
    assert not is_card(card[:-1] + str((int(card[-1]) + 1) % 10))


@pytest.mark.parametrize(
    "text",
    [
        "0000000000000000",
        "1700000000007",  # a time in milliseconds with a fitting last digit
        "9783161484100",
        "411111111111",
        "0.4111111111111111",
        "12344111111111111111999",
        "2013-01-01 2014-01-02",
        "4111  1111  1111  1111",
    ],
)
def test_other_digits_stay(text: str) -> None:
    """Times, books, decimals, digits that are too few or too many stay as they are."""
    assert redact_cards(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4111 1111 1111 1111", "[card]"),
        ("4111-1111-1111-1111", "[card]"),
        ("3782 822463 10005", "[card]"),
        ("no 12 4111 1111 1111 1111 2029 ok", "no 12 [card] 2029 ok"),
        ("5555555555554444 4111111111111111", "[card] [card]"),
        ("x4111111111111111y,5555555555554444,", "x[card]y,[card],"),
        ("4111\u00a01111\u00a01111\u00a01111", "[card]"),
    ],
)
def test_grouped_and_surrounded(text: str, expected: str) -> None:
    """Groups, and what stands around a number, do not hide it."""
    assert redact_cards(text) == expected


@given(st.text(alphabet="0123456789 -x", max_size=60))
def test_nothing_but_digits_goes(text: str) -> None:
    """Redacting again changes nothing, and what is no digit or separator stays."""
    once = redact_cards(text)
    assert redact_cards(once) == once
    assert once.replace("[card]", "").count("x") == text.count("x")
