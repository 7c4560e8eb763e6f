"""One line of the trail: canonical JSON that carries the hash of itself and of the line before.

There is one way only to write an entry, so a single changed byte either breaks the form or the hash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, get_args

from gateway.audit.event import Event, Result

FIRST: Final = "0" * 64
"""What the first entry has as the hash of the one before."""
MENDED: Final = "trail-mended"
"""What an entry says that stands behind a line which a dying process left incomplete."""
FIELDS: Final = frozenset(
    ("n", "at", "who", "from", "what", "route", "before", "after", "why", "result", "detail", "prev", "hash")
)
RESULTS: Final = frozenset(get_args(Result))
MAY_HAVE: Final = frozenset(("unwritten",))
TEXT_LIMIT: Final = 2_000
VALUE_LIMIT: Final = 8_000


class NoEntry(ValueError):
    """A line is no entry as this gateway writes them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the chain stands: the number and the hash of an entry."""

    n: int
    hash: str


START: Final = Place(0, FIRST)


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the one JSON text of a value; raises ValueError for numbers that JSON does not have."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def hash_of(entry: Mapping[str, Any]) -> str:
    """Return the hash that belongs to an entry, whatever it says itself."""
    return sha256(canonical({name: value for name, value in entry.items() if name != "hash"})).hexdigest()


def entry_of(
    event: Event, before: Place, at: float, unwritten: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the entry that follows `before`; `at` is in seconds since 1970."""
    entry: dict[str, Any] = {
        "n": before.n + 1,
        "at": iso_time(at),
        "who": _text(event.who),
        "from": _text(event.origin),
        "what": _text(event.what),
        "route": _text(event.route),
        "before": _small(event.before),
        "after": _small(event.after),
        "why": _text(event.why),
        "result": event.result,
        "detail": _text(event.detail),
        "prev": before.hash,
    }
    if unwritten:
        entry["unwritten"] = dict(unwritten)
    return {**entry, "hash": hash_of(entry)}


def line_of(entry: Mapping[str, Any]) -> bytes:
    """Return an entry as a line of the trail."""
    return canonical(entry) + b"\n"


def read_entry(line: bytes) -> dict[str, Any]:
    """Return the entry that a line (without its end) is, its hash unchecked; raises NoEntry."""
    try:
        found = json.loads(line)
        if isinstance(found, dict) and _is_of_kinds(found) and canonical(found) == line:
            return found
    except (ValueError, RecursionError) as error:
        raise NoEntry(f"it is no JSON ({str(error)[:60]})") from error
    raise NoEntry("its fields are not written as this gateway writes them")


def _is_of_kinds(found: dict[str, Any]) -> bool:
    """Whoever reads an entry, a page among them, may rely on its fields."""
    if not FIELDS <= found.keys() <= FIELDS | MAY_HAVE or type(found["n"]) is not int:
        return False
    values = all(found[name] is None or type(found[name]) is dict for name in ("before", "after"))
    texts = all(type(found[name]) is str for name in FIELDS - {"n", "before", "after"})
    unwritten = found.get("unwritten", {"count": 0})
    is_counted = type(unwritten) is dict and type(unwritten.get("count")) is int
    return values and texts and is_counted and found["result"] in RESULTS


def place_of(entry: Mapping[str, Any]) -> Place:
    """Return where the chain stands after an entry."""
    return Place(entry["n"], entry["hash"])


def iso_time(at: float) -> str:
    """Write a time in UTC with microseconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}… ({len(text)} characters)"


def _small(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a value, or where it would make a line too long, what identifies it."""
    if value is None:
        return None
    text = canonical(value)
    if len(text) <= VALUE_LIMIT:
        return dict(value)
    return {"bytes": len(text), "sha256": sha256(text).hexdigest()}
