"""Bodies that look alike: the same text but for the values in it, as one program writes them all.

To read JSON and to filter its fields is most of the recorder's work. A body that differs from an earlier one
in plain values alone needs neither: its values are cut out of the text where that one's were. Plain are
numbers that are no card's and words with hardly a digit, which a filter passes as they are; where a field is
hashed, coarsened or encrypted, or a route has patterns of its own, nothing is taken this way. Whatever does
not match exactly is read at length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from gateway.requestlog.policy import PATTERNS, Filter
from gateway.requestlog.spots import Spot, spots

MOST: Final = 8
"""Looks that are known at a time."""
PATIENCE: Final = 64
"""Bodies of no known look until the first is learnt; twice as many until each further one."""
LONGEST: Final = 16 * 1024
"""Bytes of a body that is learnt from."""

_WORD = rb'"[A-Za-z _-]{0,64}+(?:[0-9][A-Za-z _-]{0,64}+){0,3}+"'
_NUMBER = rb"(?:[1-9][0-9]{0,11}+|0|-(?:[1-9][0-9]{0,11}+|0(?=\.)))(?:\.[0-9]{1,17}+(?:[eE]-[0-9]{1,3}+)?+)?+"
# No two begin alike, so the one that is likely may come first.
_PLAIN_NUMBER = rb"(?:%b|%b|true|false|null)" % (_NUMBER, _WORD)
_PLAIN_WORD = rb"(?:%b|%b|true|false|null)" % (_WORD, _NUMBER)
_COMMA = rb"[ \t\r\n]*+,[ \t\r\n]*+"
_NOTHING = b"%.0b"  # takes a value and writes none of it
_ANY_ID = rb'"[ !#-\[\]-~]{0,100}+"'

Columns = Mapping[str, list[Any]]


Seen = tuple[bytes, bool]
"""What of a body may be remembered, as JSON, empty where nothing may; and whether that is all there is."""


class Look:
    """One text with places for values."""

    __slots__ = ("_is_all", "_match", "_template", "_whole", "hits")

    def __init__(self, pattern: bytes, whole: bytes, template: bytes, *, is_all: bool) -> None:
        """`pattern` finds the values, `whole` makes the body of them, `template` what may be remembered.

        What stands between values is passed over by the pattern, by its length alone, and looked at all at
        once, in what `whole` makes: the engine takes twice as long for it, letter by letter.
        """
        self._match: Callable[[bytes], re.Match[bytes] | None] = re.compile(pattern, re.DOTALL).fullmatch
        self._whole = whole
        self._template = template
        self._is_all = is_all
        self.hits = 0

    def seen(self, body: bytes) -> Seen | None:
        """Return what may be remembered of a body, None where it does not look so."""
        found = self._match(body)
        if found is None:
            return None
        values = found.groups()
        if self._whole % values != body:
            return None
        self.hits += 1
        return self._template % values, self._is_all


class Looks:
    """The looks of one route's requests, or of its answers, under one filter."""

    __slots__ = ("_known", "_left", "_patience", "_ruled")

    def __init__(self, filter: Filter) -> None:
        self._ruled = {*filter.pseudonymise, *filter.encrypt, *(rule.name for rule in filter.coarsen)}
        self._known: list[Look] = []
        self._patience = PATIENCE
        self._left = PATIENCE if set(filter.redact) <= set(PATTERNS) else -1

    def seen(self, body: bytes) -> Seen | None:
        """Return what may be remembered of a body that looks like an earlier one, None for any other."""
        for look in self._known:
            found = look.seen(body)
            if found is not None:
                return found
        return None

    def learn(self, body: bytes, columns: Columns, kept: Columns) -> None:
        """Take note of a body that was read at length, of whose columns the filter kept these."""
        if self._left < 0:
            return
        self._left -= 1
        if self._left > 0:
            return
        self._patience *= 2
        self._left = self._patience
        look = look_of(body, columns, kept) if self._ruled.isdisjoint(columns) else None
        if look is not None:
            self._add(look)

    def _add(self, look: Look) -> None:
        known = sorted(self._known, key=lambda one: one.hits, reverse=True)[: MOST - 1]
        for one in known:
            one.hits //= 2
        self._known = [*known, look]


def look_of(body: bytes, columns: Columns, kept: Columns) -> Look | None:
    """Return the look of a body that was read at length; None where it cannot be told for certain."""
    if len(body) > LONGEST or b"\\" in body or any(columns.get(name) != kept[name] for name in kept):
        return None
    places = spots(body)
    if sum(spot.values > 0 for spot in places) != len(columns):
        return None
    names = iter(columns)
    pattern = whole = template = b""
    at = members = 0
    for spot in places:
        pattern += b".{%d}+(%b)" % (spot.start - at, _values_at(spot, body))
        whole += _literally(body[at : spot.start]) + b"%b"
        at = spot.end
        name = next(names) if spot.values else ""
        if spot.values and name in kept:
            is_one_row = spot.values > 1 and len(columns[name]) == 1
            template += b"," if members else b"{"
            template += _literally(orjson.dumps(name)) + (b":[[%b]]" if is_one_row else b":[%b]")
            members += 1
        else:
            template += _NOTHING
    pattern += b".{%d}+" % (len(body) - at)
    whole += _literally(body[at:])
    template += b"}" if members else b""
    look = Look(pattern, whole, template, is_all=len(kept) == len(columns))
    return look if _is_right(look, body, kept) else None


def _values_at(spot: Spot, body: bytes) -> bytes:
    if not spot.values:
        return _ANY_ID
    plain = _PLAIN_WORD if body[spot.start : spot.start + 1] == b'"' else _PLAIN_NUMBER
    return plain + b"(?:%b%b){%d}" % (_COMMA, plain, spot.values - 1) if spot.values > 1 else plain


def _literally(text: bytes) -> bytes:
    return text.replace(b"%", b"%%")


def _is_right(look: Look, body: bytes, kept: Columns) -> bool:
    """Tell whether a look says of its own body what was kept of it."""
    found = look.seen(body)
    if found is None:
        return False
    return orjson.dumps(orjson.loads(found[0] or b"{}")) == orjson.dumps({**kept})
