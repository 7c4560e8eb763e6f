"""Personal data in free text, found by its shape: e-mail addresses, card and phone numbers, IP addresses.

Where a shape is ambiguous, what is lost is text, not privacy: ten digits that could be a phone number are
taken for one. What is surely something else (times, dates, versions, decimals, ids in hex) is left alone.
Every pattern here is linear in the length of the text: a service's clients choose that text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote, unquote_plus

from gateway.requestlog.cards import redact_cards
from gateway.requestlog.pattern_check import check_pattern as check_pattern

TEXT_LIMIT: Final = 64 * 1024
"""Characters that are looked at; what comes after them is left out."""
CUT: Final = "[cut]"
_EDGE: Final = 256  # what the limit may have cut in two is dropped with the rest

_LOCAL = r"[\w.+'~!#$*^|-]"
_EMAIL = re.compile(
    rf'(?:"[^"\n]{{1,64}}"|(?<!{_LOCAL}){_LOCAL}++)[@＠](?!\[email\])\[?[\w-]++(?:\.[\w-]++)*+'
    rf"(?:(?={_LOCAL}*+[@＠])(?:{_LOCAL}|[@＠])++)?+"  # one that goes on: a@b.@c
    r"|[&=/?{}`%]@[\w-]++(?:\.[\w-]++)++"  # allowed before the sign, but nearly always no part of an address
)
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"(?<!\d)(?<!\d\.){_OCTET}(?:\.{_OCTET}){{3}}(?!\d)(?!\.\d)")
_GROUP = r"[0-9A-Fa-f]{1,4}"
_IPV6 = re.compile(
    rf"(?<!\w)(?:(?:{_GROUP}:){{7}}{_GROUP}"
    # without a group of three digits or more it is no address of an end user, but a slice or a time
    rf"|(?=[0-9A-Fa-f:]{{0,36}}[0-9A-Fa-f]{{3}})(?:{_GROUP}(?::{_GROUP}){{0,6}})?::"
    rf"(?:{_GROUP}(?::{_GROUP}){{0,6}})?)(?!\w)"
)
_GAP = r"[ \u00a0./-]"
_BLANK = r"[ \u00a0/-]"
_PHONE = re.compile(
    r"\+\d(?:[ \u00a0()/-]{0,3}\d){6,14}"  # +49 (170) 123-4567
    r"|\+\d{1,3}(?:\.\d{2,4}){2,5}"  # +1.555.123.4567
    rf"|(?<![\w.+-])00[1-9]\d(?:{_BLANK}?\d){{6,13}}(?!\w)"  # 0049 170 1234567
    rf"|(?<!\d)(?<!\d\.)(?:1{_GAP}?)?\(?[2-9]\d\d\)?{_GAP}{{1,2}}\d{{3}}{_GAP}\d{{4}}(?!\d)"  # (555) 123-4567
    rf"|(?<!\d)(?<!\d[.:/-])\(?(?=0[1-9](?:[ \u00a0()/-]{{0,3}}\d){{7}})"  # 020 7946 0958: 9 digits or more
    rf"0[1-9]\d{{0,4}}\)?{_BLANK}{{1,3}}\d{{3,8}}(?:[ \u00a0-]\d{{2,5}}){{0,3}}(?!\d)(?![:.,/-]\d)"
    r"|(?<!\d)(?<!\d[.:/-])0[1-9](?:[ \u00a0.-]\d\d){4}(?!\d)"  # 06 12 34 56 78
    r"|(?<![\w.+-])(?:0[1-9]\d{8,9}|1?[2-9]\d\d[2-9]\d{6})(?!\w)(?![.-]\d)"  # 5551234567
)
# Nearly all texts have nothing of the kind, and one search tells. It begins with a set of signs, to which the
# engine can skip; what each of them needs behind it comes after.
_SUSPECT = re.compile(r"[@＠:\d](?:(?<=[@＠])|(?<=:)[^:]{0,4}:|(?<=\d)(?:[^\d\n]{0,3}\d){3})")
_DIGITS = re.compile(r"\d(?:[^\d\n]{0,3}\d){6}")


def _without_emails(text: str) -> str:
    return _EMAIL.sub("[email]", text) if "@" in text or "＠" in text else text


def _without_addresses(text: str) -> str:
    if text.count(".") > 2:
        text = _IPV4.sub("[ip]", text)
    if text.count(":") > 1:
        text = _IPV6.sub("[ip]", text)
    return text


def _without_cards(text: str) -> str:
    return redact_cards(text) if _DIGITS.search(text) else text


def _without_phones(text: str) -> str:
    return _PHONE.sub("[phone]", text) if _DIGITS.search(text) else text


# Blanks and hyphens of print, as people paste them, and signs that are not seen at all.
_PLAIN: Final = {
    **dict.fromkeys(range(0x2000, 0x200B), " "),
    **dict.fromkeys((0x202F, 0x205F, 0x3000), " "),
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE63, 0xFF0D), "-"),
    **dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF), None),
}
# In this order: an address may begin with a card's number, and a card's number may look like a phone's.
KNOWN: Final[dict[str, Callable[[str], str]]] = {
    "email": _without_emails,
    "ip": _without_addresses,
    "card": _without_cards,
    "phone": _without_phones,
}


class Redactor:
    """Patterns, by name or as regular expressions, taken out of texts."""

    __slots__ = ("_own", "_steps", "cards", "idle", "letters_pass")

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._steps = tuple(step for name, step in KNOWN.items() if name in patterns)
        self._own = tuple(re.compile(pattern) for pattern in patterns if pattern not in KNOWN)
        self.idle = not patterns
        self.cards = "card" in patterns
        self.letters_pass = not self._own
        """Nothing is ever found in a text of letters alone."""

    def text(self, text: str) -> str:
        """Return the text with `[email]`, `[card]`, `[phone]`, `[ip]` or `[redacted]` for what was found."""
        if self.idle or (not self._own and _SUSPECT.search(text) is None):
            return text
        if len(text) > TEXT_LIMIT:
            return self._found(text[:TEXT_LIMIT])[:-_EDGE] + CUT
        return self._found(text)

    def encoded(self, text: str, *, plus: bool = False) -> str:
        """Like `text`, and find what is written with %40 or \\u0040; decoded where something was found so.

        `plus`: a plus is a blank, as in forms.
        """
        shown = plain = self.text(text)
        if self.idle or ("%" not in text and "\\u" not in text and not plus):
            return shown
        for depth in range(_DEPTH):
            decoded = _decoded(plain, plus=plus and depth == 0)
            if decoded == plain:
                break
            plain = self.text(decoded)
            if plain != decoded:
                shown = plain
        return shown

    def _found(self, text: str) -> str:
        if self._steps and not text.isascii():
            plain = text.translate(_PLAIN)
            if plain != text and self._known(plain) != plain:
                text = plain
        text = self._known(text)
        for pattern in self._own:
            text = pattern.sub("[redacted]", text)
        return text

    def _known(self, text: str) -> str:
        for step in self._steps:
            text = step(text)
        return text


def _decoded(text: str, *, plus: bool) -> str:
    """What the text says without its escapes, of those that are in escapes themselves the outer ones."""
    if "%" in text or (plus and "+" in text):
        text = unquote_plus(text) if plus else unquote(text)
    return _ESCAPE.sub(_sign, text) if "\\u" in text else text


def _sign(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


_DEPTH: Final = 3  # how many times over something may be escaped
_ESCAPE = re.compile(r"\\u00([2-7][0-9A-Fa-f])")
