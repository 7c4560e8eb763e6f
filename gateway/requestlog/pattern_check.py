"""Whether a regular expression of routing.yaml can be trusted with any text in the world.

Clients choose the texts it is run on, and one repetition inside or before another can keep a processor busy
for hours. So what may be refused is: the check is on the safe side, and each refusal says what to write.
"""

from __future__ import annotations

import re
import warnings
from typing import Final

LENGTH_LIMIT: Final = 500
WAYS_LIMIT: Final = 2000
"""How many ways to match may have to be tried from one place in the text."""
REPEAT_LIMIT: Final = 1000

_QUANTIFIER = re.compile(r"(?:[*+?]|\{(\d*)(?:(,)(\d*))?\})[?+]?")
_ATOM = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|.)|\[\^?\]?(?:\\.|[^\]\\])*\]|[^()|\\]", re.DOTALL)
_OPENING = re.compile(r"\((?:\?(?::|=|!|<=|<!|>|P<\w+>|i\)|i:))?")
_ONCE: Final = (1, 1)
_ENDLESS: Final = 1 << 30


class _Refused(Exception):
    """The sentence that says why."""


def check_pattern(pattern: str) -> str | None:
    """Return a sentence on why this cannot be a pattern to redact, or None where it can."""
    if not pattern or len(pattern) > LENGTH_LIMIT:
        return f"a pattern has 1 to {LENGTH_LIMIT} characters, this has {len(pattern)}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of what Python means to read otherwise one day
            compiled = re.compile(pattern)
        if compiled.search("") is not None:
            return "this matches an empty text too, so it would redact nothing, everywhere"
        ways, _ = _Reader(pattern).branches(depth=0)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        return f"this is no regular expression: {error}"
    except _Refused as refused:
        return str(refused)
    if ways > WAYS_LIMIT:
        return (
            f"on some texts {ways:,} ways to match are tried from each place, {WAYS_LIMIT:,} may be; "
            "make the ranges such as {1,64} narrower"
        )
    return None


class _Reader:
    """Reads a pattern that compiles, from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def branches(self, depth: int) -> tuple[int, bool]:
        """Alternatives up to a closing bracket or the end: the ways to match, whether there are several."""
        total = 0
        several = False
        while True:
            total += self._sequence(depth)
            if self.pattern[self.at : self.at + 1] != "|":
                return total, several
            several = True
            self.at += 1

    def _sequence(self, depth: int) -> int:
        ways = 1
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            inner, several = self._item(depth)
            start = self.at
            least, most = self._repeats()
            if max(least, 0 if most == _ENDLESS else most) > REPEAT_LIMIT:
                raise _Refused(f"'{self.pattern[start : self.at]}' is more than {REPEAT_LIMIT:,} times")
            if most == _ENDLESS:
                self._check_endless(start, depth, plain=inner == 1 and not several)
            elif (inner > 1 or several) and most > 1:
                raise _Refused(
                    f"'{self.pattern[start : self.at]}' repeats a group that has a repetition or "
                    "alternatives in it, which can take for ever; write it out"
                )
            else:
                ways *= inner + most - least
        return ways

    def _check_endless(self, start: int, depth: int, *, plain: bool) -> None:
        """Only a pattern's last part may repeat without an end: then nothing is tried twice."""
        if depth or not plain or (self.at < len(self.pattern) and self.pattern[self.at] != "|"):
            raise _Refused(
                f"'{self.pattern[start : self.at]}' at character {start + 1} has no upper limit, which can "
                "take for ever anywhere but at the end; write a limit, such as {1,64}"
            )

    def _item(self, depth: int) -> tuple[int, bool]:
        opening = _OPENING.match(self.pattern, self.at)
        if opening is None:
            atom = _ATOM.match(self.pattern, self.at)
            if atom is None or re.fullmatch(r"\\[1-9]", atom[0]):
                raise _Refused("it refers back to a group, which can take for ever; write it without")
            self.at = atom.end()
            return _ONCE[0], False
        self.at = opening.end()
        if opening[0].endswith(")"):
            return 1, False
        if self.pattern[self.at : self.at + 1] == "?":
            raise _Refused(f"'({self.pattern[self.at : self.at + 2]}…' is not among what is understood here")
        inner = self.branches(depth + 1)
        self.at += 1
        return inner

    def _repeats(self) -> tuple[int, int]:
        found = _QUANTIFIER.match(self.pattern, self.at)
        if found is None or found[0].startswith("{}"):
            return _ONCE
        self.at = found.end()
        if (sign := found[0][0]) != "{":
            return (1 if sign == "+" else 0), (1 if sign == "?" else _ENDLESS)
        least = int(found[1] or 0)
        if found[2] is None:
            return least, least
        return least, int(found[3]) if found[3] else _ENDLESS
