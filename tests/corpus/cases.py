"""Reads the corpus: HTTP/1 messages as data, each with what the gateway does with it.

The two YAML files are read by tests, by the fuzzer (as seeds) and by the comparison of proxies, so what they
may say is checked here, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent
FORWARD = "forward"
CUT = "cut"
STATUSES = frozenset((400, 405, 408, 414, 417, 431, 501, 505))
_REQUEST_KEYS = frozenset(("id", "verdict", "reason", "bytes", "sees"))
_ANSWER_KEYS = frozenset(("id", "verdict", "reason", "bytes", "method", "gets", "reused", "closes"))


@dataclass(frozen=True)
class Seen:
    """A request as the service must see it; `body` None: whatever it is."""

    line: bytes
    fields: Mapping[str, bytes]
    absent: tuple[str, ...]
    body: bytes | None


@dataclass(frozen=True)
class Case:
    """What a client sends; `status` is that of the refusal, None where everything is forwarded."""

    id: str
    data: bytes
    status: int | None
    reason: str
    sees: tuple[Seen, ...]


@dataclass(frozen=True)
class AnswerCase:
    """What a service answers to `method`; `verdict` is 502, CUT or FORWARD.

    `gets` is the body that the client gets, `reused` whether the connection may be used again, `closes`
    whether the service ends the connection behind the last byte.
    """

    id: str
    data: bytes
    verdict: int | str
    reason: str
    method: str
    gets: bytes
    reused: bool
    closes: bool


class BadCorpus(Exception):
    """A case that says something impossible, or nothing."""


def raw(parts: str | Sequence[str | Sequence[Any]]) -> bytes:
    """Return the bytes that strings and [text, times] pairs stand for."""
    if isinstance(parts, str):
        return parts.encode("latin-1")
    return b"".join(_part(part) for part in parts)


def _part(part: Any) -> bytes:
    if isinstance(part, str):
        return part.encode("latin-1")
    text, times = part
    repeated: bytes = text.encode("latin-1") * times
    return repeated


def read_requests(text: str) -> list[Case]:
    """Read the requests; raises BadCorpus."""
    return [_request(one) for one in _documents(text, _REQUEST_KEYS)]


def read_answers(text: str) -> list[AnswerCase]:
    """Read the answers; raises BadCorpus."""
    return [_answer(one) for one in _documents(text, _ANSWER_KEYS)]


@cache
def requests() -> tuple[Case, ...]:
    """Return the corpus of requests."""
    return tuple(read_requests((FOLDER / "requests.yaml").read_text(encoding="utf-8")))


@cache
def answers() -> tuple[AnswerCase, ...]:
    """Return the corpus of answers."""
    return tuple(read_answers((FOLDER / "answers.yaml").read_text(encoding="utf-8")))


def _documents(text: str, keys: frozenset[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.load(text, yaml.CSafeLoader)
    seen: set[str] = set()
    for one in found:
        name = one.get("id", "")
        if not name or name in seen:
            raise BadCorpus(f"every case needs an id of its own: {name or one}")
        seen.add(name)
        if unknown := one.keys() - keys:
            raise BadCorpus(f"{name}: unknown keys {sorted(unknown)}")
        if not str(one.get("reason", "")).startswith("RFC ") or ": " not in one["reason"]:
            raise BadCorpus(f"{name}: the reason must be `RFC number, section: why`")
        if not one.get("bytes"):
            raise BadCorpus(f"{name}: there are no bytes")
    return found


def _request(one: Mapping[str, Any]) -> Case:
    verdict = one.get("verdict")
    if verdict != FORWARD and verdict not in STATUSES:
        raise BadCorpus(f"{one['id']}: the verdict must be `forward` or one of {sorted(STATUSES)}")
    sees = tuple(_seen(seen) for seen in one.get("sees", ()))
    if verdict == FORWARD and not sees:
        raise BadCorpus(f"{one['id']}: say what the service must see")
    status = None if verdict == FORWARD else int(verdict)
    return Case(one["id"], raw(one["bytes"]), status, one["reason"], sees)


def _seen(one: Mapping[str, Any]) -> Seen:
    fields = {name: raw(value) for name, value in one.get("fields", {}).items()}
    body = raw(one["body"]) if "body" in one else None
    return Seen(raw(one["line"]), fields, tuple(one.get("absent", ())), body)


def _answer(one: Mapping[str, Any]) -> AnswerCase:
    verdict = one.get("verdict")
    if verdict not in (502, CUT, FORWARD):
        raise BadCorpus(f"{one['id']}: the verdict must be 502, `{CUT}` or `{FORWARD}`")
    reused = bool(one.get("reused", False))
    if reused and verdict != FORWARD:
        raise BadCorpus(f"{one['id']}: after a broken answer no connection is used again")
    gets = raw(one.get("gets", ""))
    method, closes = one.get("method", "GET"), bool(one.get("closes", False))
    return AnswerCase(one["id"], raw(one["bytes"]), verdict, one["reason"], method, gets, reused, closes)
