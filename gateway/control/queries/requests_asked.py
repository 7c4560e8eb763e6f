"""What a search for requests may ask, read from a URL: each word checked, none of it ever SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from gateway.control.bodies import check_known
from gateway.control.problems import Refusal
from gateway.monitoring.tally_layout import OUTCOMES
from gateway.requestlog.columns import WHYS
from gateway.requestlog.formats import LATEST

LIMIT, MOST = 50, 500
TEXT_LIMIT = 1_000
_AGO: Final = re.compile(r"(\d{1,6})\s*(s|m|h|d)")
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_CURSOR: Final = re.compile(r"(\d{1,17})-([0-9a-f]{1,64})")
_KEY: Final = re.compile(r"p_[0-9a-f]{24}")
_STATUS: Final = re.compile(r"[0-9]xx|\d{1,3}")
_NO_RAW_KEY: Final = (
    "key must be a pseudonym, p_ and 24 hex digits, as the log has it; POST /api/v1/pseudonym makes it of a "
    "user's own key, as the page Requests does at 'A user's own key': that does not belong into a URL"
)
TEXTS: Final = ("route", "version", "outcome", "why", "key")
"""What has to be equal."""
WORDS: Final = (*TEXTS, "status", "path", "since", "until", "limit", "before")


@dataclass(frozen=True, slots=True)
class Search:
    """A search: `equal` by column, a `status` such as 503 or 5xx, a piece of the path, times in microseconds.

    `before` is where an earlier page ended: time and id.
    """

    equal: Mapping[str, str]
    status: str = ""
    path: str = ""
    since: int | None = None
    until: int | None = None
    before: tuple[int, str] | None = None
    limit: int = LIMIT

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Return the condition in SQL and its parameters."""
        values: dict[str, Any] = {}
        parts = []
        for part, given in self._parts():
            parts.append(part)
            values.update(given)
        return " AND ".join(parts) or "true", values

    def _parts(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name in TEXTS:
            if value := self.equal.get(name):
                yield f"{name} = ${name}", {name: value}
        if self.status.endswith("xx"):
            yield "status // 100 = $status", {"status": int(self.status[0])}
        elif self.status:
            yield "status = $status", {"status": int(self.status)}
        if self.path:
            yield "contains(path, $path)", {"path": self.path}
        if self.since is not None:
            yield "ts >= make_timestamptz($since::BIGINT)", {"since": self.since}
        if self.until is not None:
            yield "ts < make_timestamptz($until::BIGINT)", {"until": self.until}
        if self.before is not None:
            at, identity = self.before
            yield (
                "ts <= make_timestamptz($at::BIGINT) AND (ts < make_timestamptz($at::BIGINT) OR id < $last)",
                {"at": at, "last": identity},
            )


def search_of(asked: Mapping[str, str], now: float) -> Search:
    """Return the search that query parameters ask for; empty ones ask for nothing. Raises Refusal."""
    check_known(asked, list(WORDS), "query parameter")
    given = {name: value.strip() for name, value in asked.items() if value.strip()}
    for name, value in given.items():
        if len(value) > TEXT_LIMIT:
            raise Refusal(400, f"{name} is longer than {TEXT_LIMIT} characters")
    outcome = given.get("outcome", "ok")
    if outcome not in OUTCOMES:
        raise Refusal(400, f"outcome must be one of {', '.join(OUTCOMES)}, not {outcome[:40]}")
    why = given.get("why", "weights")
    if why not in WHYS:
        raise Refusal(400, f"why must be one of {', '.join(WHYS)}, not {why[:40]}")
    if "key" in given and not _KEY.fullmatch(given["key"]):
        raise Refusal(400, _NO_RAW_KEY)  # and is not repeated: refusals are remembered
    return Search(
        {name: given[name] for name in TEXTS if name in given},
        _checked(given, "status", _STATUS, "a status such as 503, or 5xx"),
        given.get("path", ""),
        _read(given, "since", lambda text: moment(text, now)),
        _read(given, "until", lambda text: moment(text, now)),
        _before(given),
        _limit(given.get("limit", str(LIMIT))),
    )


def moment(text: str, now: float) -> int:
    """Return a time in microseconds since 1970: `15m` before `now`, or ISO 8601, in UTC unless it says.

    Raises ValueError and OverflowError.
    """
    if found := _AGO.fullmatch(text):
        seconds = now - int(found[1]) * _UNITS[found[2]]
    else:
        at = datetime.fromisoformat(text)
        seconds = (at.replace(tzinfo=UTC) if at.tzinfo is None else at).timestamp()
    if not 0 <= seconds * 1e6 <= LATEST:
        raise ValueError(f"{text} lies outside of what a log can have")
    return round(seconds * 1e6)


def cursor_of(at: int, identity: str) -> str:
    """Return what `before` has to be for those that follow a request."""
    return f"{at}-{identity}"


def _read(given: Mapping[str, str], name: str, read: Callable[[str], int]) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        return read(text)
    except (ValueError, OverflowError):
        raise Refusal(
            400,
            f"{name} must be a time such as 2026-11-21T09:00Z, or 15m for so long ago, not {text[:40]}",
        ) from None


def _checked(given: Mapping[str, str], name: str, pattern: re.Pattern[str], what: str) -> str:
    text = given.get(name, "")
    if text and not (text.isascii() and pattern.fullmatch(text)):
        raise Refusal(400, f"{name} must be {what}, not {text[:40]}")
    return text


def _before(given: Mapping[str, str]) -> tuple[int, str] | None:
    text = _checked(given, "before", _CURSOR, "`next` of an earlier answer")
    at, _, identity = text.partition("-")
    return (int(at), identity) if text else None


def _limit(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MOST:
        return int(text)
    raise Refusal(400, f"limit must be a whole number from 1 to {MOST}, not {text[:40]}")
