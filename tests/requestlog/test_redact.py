"""Personal data in free text: found in any surroundings, and nothing else taken for it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.cards import is_card
from gateway.requestlog.policy import PATTERNS
from gateway.requestlog.redact import CUT, TEXT_LIMIT, Redactor

USUAL = Redactor(PATTERNS)

PERSONAL = [
    ("john@example.org", "[email]"),
    ("o'hara+news@mail.example.co.uk", "[email]"),
    ('"john doe"@example.org', "[email]"),
    ("jörg@müller.example", "[email]"),
    ("john＠example.org", "[email]"),
    ("john@localhost", "[email]"),
    ("+49 170 1234567", "[phone]"),
    ("+49 (170) 123-4567", "[phone]"),
    ("+1.555.234.5678", "[phone]"),
    ("+4917012345678", "[phone]"),
    ("0049 170 1234567", "[phone]"),
    ("(555) 123-4567", "[phone]"),
    ("555-123-4567", "[phone]"),
    ("1 555 123 4567", "[phone]"),
    ("5552345678", "[phone]"),
    ("020 7946 0958", "[phone]"),
    ("0170/1234567", "[phone]"),
    ("(0170) 1234567", "[phone]"),
    ("06 12 34 56 78", "[phone]"),
    ("01701234567", "[phone]"),
    ("4111 1111 1111 1111", "[card]"),
    ("378282246310005", "[card]"),
    ("10.20.30.40", "[ip]"),
    ("255.255.255.255", "[ip]"),
    ("2001:db8::ff00:42:8329", "[ip]"),
    ("2001:0db8:0000:0000:0000:ff00:0042:8329", "[ip]"),
    ("fe80::1", "[ip]"),
]

ORDINARY = [
    "2013-01-01T05:00:00Z",
    "2013-01-01 05:00:00.123456+00:00",
    "2013-01-01 to 2014-12-31",
    "01/02/2013 12:30",
    "20130101 20130102",
    "12:30:45",
    "1.2.3",
    "v1.22.333",
    "1.2.3.4.5",
    "0.30000000000000004",
    "52.520008, 13.404954",
    "+52.520008",
    "1,234,567.89",
    "1700000000",
    "1700000000123456789",
    "550e8400-e29b-41d4-a716-446655440000",
    "0123456789abcdef0123456789abcdef",
    "aa:bb:cc:dd:ee:ff",
    "std::vector<int>",
    "a[::2]",
    "@handle",
    "3 @ 5",
    "ABC-123-4567",
    "/v2/models/late/versions/v3/infer",
    "50% of 100%",
    "UA1545 EWR IAH",
    "256.1.2.300",
]


@pytest.mark.parametrize(("secret", "shown"), PERSONAL)
@pytest.mark.parametrize(
    "around", ["{}", "mail {}, please", "[{}]", "x={};y", "to:\t{}\n", '{{"a":"{}"}}', "<{}>"]
)
def test_personal_data_goes(secret: str, shown: str, around: str) -> None:
    """Each kind is replaced by its name, and what stands around it stays."""
    assert USUAL.text(around.format(secret)) == around.format(shown)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    """Times, versions, ids, decimals and words are not taken for personal data."""
    assert USUAL.text(text) == text
    assert USUAL.encoded(text) == text


@given(st.text(alphabet=st.characters(exclude_characters="@＠:+%\\", exclude_categories=["Nd", "Cs"])))
def test_text_without_digits_and_signs_stays(text: str) -> None:
    """Nothing is found where none of the signs is that personal data here is known by."""
    assert USUAL.encoded(text) == text


_around = st.text(max_size=12)
_apart = st.sampled_from([" ", "\n", ", ", "; ", "(", ")", "<", ">", "=", "|", '"', "'s ", "{", "}"])
_digits = st.text(alphabet="0123456789", min_size=1)


@st.composite
def _cards(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from(["4", "51", "2221", "6011", "35"])) + draw(
        st.text(alphabet="0123456789", min_size=11, max_size=11)
    )
    body = next(number for digit in "0123456789" if is_card(number := (body + "0" * 15)[:15] + digit))
    gap = draw(st.sampled_from(["", " ", "-"]))
    return gap.join(body[at : at + 4] for at in range(0, 16, 4))


_v6 = st.ip_addresses(v=6, network="2000::/3").map(str)
_secrets = st.one_of(
    st.emails(),
    _cards(),
    st.ip_addresses(v=4).map(str),
    _v6,
    st.from_regex(r"\A\+[1-9][0-9]{1,2} [0-9]{2,3} [0-9]{4,7}\Z"),
    st.from_regex(r"\A\([2-9][0-9]{2}\) [0-9]{3}-[0-9]{4}\Z"),
)


@given(secret=_secrets, before=_around, after=_around, left=_apart, right=_apart)
def test_planted_data_never_survives(secret: str, before: str, after: str, left: str, right: str) -> None:
    """Whatever the text is before and after, a planted address, card or phone number is gone."""
    assert secret not in USUAL.text(f"{before}{left}{secret}{right}{after}")


@given(text=st.text(alphabet="0123456789+-. ()@:abx%/", max_size=60))
def test_redacting_is_done_once(text: str) -> None:
    """What was redacted has nothing left to find of the kinds that are known for certain."""
    once = Redactor(("email", "card", "ip")).text(text)
    assert Redactor(("email",)).text(once) == once


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/users/john%40example.org", "/users/[email]"),
        ("/users/john%2540example.org", "/users/[email]"),
        ("/card/4111%201111%201111%201111", "/card/[card]"),
        ("/from/%2B491701234567", "/from/[phone]"),
        ("john\\u0040example.org", "[email]"),
        ("/a%20b/10%2E20%2E30%2E40/x@example.org", "/a b/[ip]/[email]"),
        ("/a%20b", "/a%20b"),
    ],
)
def test_escapes_hide_nothing(text: str, shown: str) -> None:
    """What is written with escapes, even twice, is found; where nothing is found the text stays encoded."""
    assert USUAL.encoded(text) == shown


def test_forms() -> None:
    """In a form a plus is a blank."""
    assert USUAL.encoded("card=4111+1111+1111+1111&a=b+c", plus=True) == "card=[card]&a=b c"
    assert USUAL.encoded("a=b+c", plus=True) == "a=b+c"


def test_own_patterns_and_some_only() -> None:
    """Patterns of one's own become [redacted]; a kind that is not named is left alone."""
    own = Redactor((r"cust-\d+", "email"))
    assert own.text("cust-17 called 555-123-4567, a@b.example") == "[redacted] called 555-123-4567, [email]"
    assert Redactor(("[A-Z]{3}",)).text("abc DEF") == "abc [redacted]"
    assert Redactor(()).encoded("a%40b.example 4111111111111111") == "a%40b.example 4111111111111111"


def test_long_texts_are_cut() -> None:
    """Of a long text only what was looked at remains, without what the cut may have halved."""
    text = "word " * 13_200 + "4111111111111111"
    assert len(text) > TEXT_LIMIT
    for at in range(20):
        shown = USUAL.text("x" * (TEXT_LIMIT - 26 + at) + " 4111 1111 1111 1111 tail")
        assert "4111" not in shown
        assert shown.endswith(CUT) or "[card]" in shown
    assert USUAL.text(text).endswith(CUT)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "@",
        "a@",
        "1",
        "1 ",
        "+",
        "::",
        "a:",
        "1.",
        "111 ",
        '"',
        "0 1",
        "(0",
        "+1-",
        "1234:",
        "%25",
        "\\u0041",
    ],
)
def test_texts_made_to_be_slow(piece: str) -> None:
    """64 KiB of what is worst for a pattern take well below a second."""
    text = (piece * TEXT_LIMIT)[:TEXT_LIMIT]
    began = time.process_time()
    USUAL.encoded(text)
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("4111.1111.1111.1111", "[card]"),
        ("3714/496353/98431", "[card]"),
        ("4111_1111_1111_1111", "[card]"),
        ("4111\u20131111\u20131111\u20131111", "[card]"),
        ("4111\u202f1111\u202f1111\u202f1111", "[card]"),
        ("4111\u200b1111\u00ad11111111", "[card]"),
        ("030\u2011123\u202f4567", "[phone]"),
        ("alice\u200b@example.com", "[email]"),
        ("a – b", "a – b"),
        ("0.4111111111111111", "0.4111111111111111"),
        ("4111.1111.1111.1111.1", "4111.1111.1111.1111.1"),
        ("4111.1111.1111.1112", "4111.1111.1111.1112"),
    ],
)
def test_signs_of_print_hide_nothing(text: str, shown: str) -> None:
    """People paste numbers with narrow blanks, dashes, and signs that nobody sees; other text stays."""
    assert Redactor(PATTERNS).encoded(text) == shown


def test_what_stands_for_an_address_is_no_part_of_one() -> None:
    """So a text that is redacted twice is the same as once."""
    assert USUAL.text("0@.@0") == "0@[email]" == USUAL.text("0@[email]")
