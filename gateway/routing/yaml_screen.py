"""Accidents in a text that are better named before any parser stumbles over them.

Invisible characters arrive by copying from a web page or a chat, conflict markers by a merge. Some of them
are even valid YAML, with a meaning nobody intended.
"""

from __future__ import annotations

import re

from gateway.errors import Problem

_UNWANTED = re.compile(
    r"(?P<conflict>^(?:<{7}|>{7}) .*|^={7}$)"
    r"|(?P<space>^[ \t]*[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000])"
    r"|(?P<control>[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]|(?<!\A)\ufeff)",
    re.MULTILINE,
)
LINE_BREAK = re.compile(r"\r\n|\r|\n")
_MOST = 10


def screen(text: str) -> list[Problem]:
    """Return a problem for each of the first few unwanted characters, none where there are none."""
    problems: list[Problem] = []
    for found in _UNWANTED.finditer(text):
        if len(problems) == _MOST:
            break
        problems.append(_unwanted(text, found))
    return problems


def _unwanted(text: str, found: re.Match[str]) -> Problem:
    at = found.end() - 1
    code = f"U+{ord(text[at]):04X}"
    if found["conflict"]:
        at, message = (
            found.start(),
            "a merge conflict was left unresolved here; keep one side, delete the markers",
        )
    elif found["space"]:
        message = f"the line is indented with an invisible character ({code}) that is not a space; retype it"
    else:
        message = f"there is an invisible control character ({code}) here; delete it"
    before = LINE_BREAK.split(text[:at])
    bom = len(before) == 1 and text.startswith("\ufeff")
    return Problem(len(before), len(before[-1]) + 1 - bom, message)
