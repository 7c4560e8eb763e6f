"""What is wrong with a text that is not YAML, said so that a person can mend it.

The YAML library reports what its parser expected next. This module turns those words, and the line in
question, into what was probably meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import yaml

from gateway.errors import Problem
from gateway.routing.yaml_place import Place, place_of
from gateway.routing.yaml_screen import LINE_BREAK

_NO_SPACE = re.compile(r"\s*(?:- +)?[\w.-]+:[^\s/]")


def explain(error: Exception, text: str) -> Problem:
    """Return the problem behind an exception of the YAML parser; `text` without a byte order mark."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Problem(0, 0, f"the file is not valid YAML: {error}")
    words = f"{error.context or ''} / {error.problem or ''}"
    place = place_of(error, LINE_BREAK.split(text))
    indentation = place.text[: len(place.text) - len(place.text.lstrip())]
    if "\t" in indentation and place.column <= len(indentation) + 1:
        column = indentation.index("\t") + 1
        return Problem(place.line, column, "the line is indented with a tab; YAML allows only spaces there")
    for pattern, tell in _TELLERS:
        if pattern.search(words):
            return tell(place)
    return place.here(f"this is not valid YAML: {words.strip(' /')}")


def _odd_start(place: Place) -> Problem:
    if place.char == "\t":
        return place.here("a tab stands here where YAML allows only spaces")
    return place.here(f"a value cannot begin with `{place.char}`; put the value in quotes")


def _open_quote(place: Place) -> Problem:
    return place.begun(f"the quote `{place.begun_char}` that opens here is never closed")


def _open_flow(place: Place) -> Problem:
    opening = place.begun_char
    closing = "]" if opening == "[" else "}"
    if place.at_end:
        return place.begun(f"the `{opening}` that opens here is never closed; add a `{closing}`")
    where = "" if place.line == place.begun_line else f" of line {place.begun_line}"
    if place.char and place.char in "]}":
        return place.here(
            f"a `{closing}` is missing here: `{place.char}` cannot close the `{opening}`{where}"
        )
    wanted = f"inside the `{opening}`{where}, a `,` or the closing `{closing}` is missing"
    above = place.above()
    if place.line > place.begun_line and above and re.fullmatch(r"[^,{}\[\]:#]*", place.before):
        content = re.sub(r"\s#.*", "", place.lines[above - 1]).rstrip()
        if not content.endswith((",", "{", "[")):
            return Problem(above, len(content) + 1, f"{wanted} at the end of this line")
    return place.here(f"{wanted} before this")


def _second_colon(place: Place) -> Problem:
    if re.search(r":\s", place.before):
        return place.here(
            "a second `: ` on one line; put the value in quotes, or its key on a line of its own"
        )
    above = place.above()
    line = place.lines[above - 1] if above else ""
    if _NO_SPACE.match(line):
        return Problem(above, line.index(":") + 1, "a space is missing after this `:`")
    if above and ":" not in line:
        return Problem(above, 1 + len(line) - len(line.lstrip()), "this line has no `: `; write `key: value`")
    return place.here(
        "this line is indented further than the line above allows; align it with its neighbours"
    )


def _no_colon(place: Place) -> Problem:
    line = place.lines[place.begun_line - 1]
    if _NO_SPACE.match(line):
        return Problem(place.begun_line, line.index(":") + 1, "a space is missing after this `:`")
    return place.begun("this line has no `: `; write `key: value`")


def _misfit(place: Place) -> Problem:
    address = re.match(r"\s*(?:- +)?(listen|admin|url)\s*:\s*(\[[^\]]*\]:\d*)", place.text)
    if address:
        return place.here(f'an IPv6 address needs quotes: {address[1]}: "{address[2]}"')
    if place.char and place.char in "]}":
        return place.here(f"this `{place.char}` closes nothing; delete it or add the opening one")
    if place.char == "," and place.before.strip():
        return place.here("a `,` can follow here only inside {…} or […]; delete it or add the opening one")
    if place.before.strip() not in ("", "-"):
        return place.here("nothing more may follow on this line; quote the whole value or delete the rest")
    begun = f"the block that begins on line {place.begun_line}"
    if place.char == "-":
        return place.here(f"a list item cannot stand here among the keys of {begun}; check the indentation")
    return place.here(f"the indentation of this line fits neither {begun} nor what surrounds it")


def _list_item(place: Place) -> Problem:
    if place.before.strip():
        return place.here("a list item (`- …`) must begin on a line of its own")
    return place.here("a list item cannot stand here; check the indentation of this line and the one above")


def _no_value(place: Place) -> Problem:
    if re.match(r"\s*(?:- +)?(listen|admin|url)\s*:\s*\[", place.text):
        return _misfit(place)
    what = f"before this `{place.char}`" if place.char else "here"
    return place.here(f"a value is missing {what}; delete the surplus character or put the value in quotes")


def _bad_escape(place: Place) -> Problem:
    return place.here(
        'this `\\` sequence means nothing inside "…"; double the backslash or use single quotes'
    )


def _bad_sigil(place: Place) -> Problem:
    return place.begun(f"a value that begins with `{place.begun_char}` must be put in quotes")


def _left_of_start(place: Place) -> Problem:
    if place.lines[0].startswith("%"):
        return _directive(place)
    return place.here("this line begins further left than the first one; align all top-level keys")


def _directive(place: Place) -> Problem:
    line = next((n for n, text in enumerate(place.lines, 1) if text.startswith("%")), place.line)
    return Problem(line, 1, "a line that begins with `%` is a YAML directive; delete it")


def _empty_value(place: Place) -> Problem:
    return place.here("a value is missing after the `:` of this key")


def _question_mark(place: Place) -> Problem:
    return place.here("`? ` begins a complex key, which is not supported; put the text in quotes")


_TELLERS: tuple[tuple[re.Pattern[str], Callable[[Place], Problem]], ...] = tuple(
    (re.compile(pattern), tell)
    for pattern, tell in (
        (r"cannot start any token|tab character", _odd_start),
        (r"quoted scalar / found unexpected", _open_quote),
        (r"unexpected ':'", _empty_value),
        (r"escape|did not find expected hexdecimal number|expected escape sequence", _bad_escape),
        (r"expected ',' or", _open_flow),
        (r"mapping values are not allowed", _second_colon),
        (r"could not find expected ':'", _no_colon),
        (r"sequence entries are not allowed", _list_item),
        (r"directive|incompatible YAML", _directive),
        (r"(?:scanning|parsing) an? (?:anchor|alias|tag|block scalar)|tag handle", _bad_sigil),
        (r"mapping keys are not allowed", _question_mark),
        (r"node content", _no_value),
        (r"document start", _left_of_start),
        (r"expected <block end>|expected key|'-' indicator", _misfit),
    )
)
