"""Reads what a caller sends: a small JSON object in which every word is known.

Refused are, each with the reason: other media types, bodies beyond the limit, broken JSON, keys that stand
there twice, unknown keys (with the nearest known one) and values of another kind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from gateway.control.problems import Refusal

BODY_LIMIT = 64 * 1024
Body = TypeVar("Body", bound=BaseModel)


async def read_body(request: Request, model: type[Body], example: str, *, required: bool) -> Body:
    """Return the body as `model`; without a body its defaults, unless one is `required`. Raises Refusal."""
    content = await _content(request)
    if not content and not required:
        return model()
    if not content:
        raise Refusal(400, f"a body is missing; send JSON such as {example}")
    check_media_type(request.headers)
    return validated(parsed(content, example), model)


async def _content(request: Request) -> bytes:
    declared = request.headers.get("content-length", "0")
    too_large = Refusal(413, f"the body is larger than {BODY_LIMIT} bytes; weights need far less")
    if int(declared) > BODY_LIMIT:
        raise too_large
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > BODY_LIMIT:
                raise too_large
    except ClientDisconnect:
        raise Refusal(400, "the body ended before its declared length") from None
    return bytes(content)


def check_media_type(headers: Headers) -> None:
    """Refuse a body that is not declared to be plain JSON."""
    declared = headers.get("content-type", "")
    media_type, _, parameters = declared.partition(";")
    charset = re.fullmatch(r'\s*(charset="?utf-8"?)?\s*', parameters, re.IGNORECASE)
    if media_type.strip().lower() != "application/json" or charset is None:
        raise Refusal(
            415, f"the body is declared as {declared or 'nothing'}; send content-type: application/json"
        )
    encoding = headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise Refusal(415, f"the body is declared as {encoding}-encoded; send it uncompressed")


def parsed(content: bytes, example: str) -> dict[str, Any]:
    """Return the JSON object; raises Refusal where it is none."""
    try:
        found = json.loads(content.decode(), object_pairs_hook=_without_duplicates, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"the body is not JSON: {error}; send something like {example}") from None
    if not isinstance(found, dict):
        raise Refusal(400, f"the body must be a JSON object such as {example}")
    return found


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {shown(twice)} stands there twice")
    return found


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is not a JSON number")


def validated(document: dict[str, Any], model: type[Body]) -> Body:
    """Return the document as `model`, or raise Refusal with everything that is wrong with it."""
    known = list(model.model_fields)
    check_known(document, known, "key")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        problems = [_sentence(found["loc"], found["msg"], found["input"]) for found in error.errors()]
        raise Refusal(400, "; ".join(problems[:10])) from None


def _sentence(location: tuple[int | str, ...], message: str, given: Any) -> str:
    where = ".".join(str(part) for part in location)
    told = message.removeprefix("Value error, ")
    if told == "Field required":
        return f"{where} is missing"
    return f"{where}: {told[:1].lower()}{told[1:]}, not {shown(given)}"


def check_known(given: Iterable[str], known: list[str], kind: str) -> None:
    """Refuse what is not known, naming the nearest that is."""
    for name in given:
        if name not in known:
            raise Refusal(
                400, f"unknown {kind} {shown(name)}{nearest(name, known)}; known: {', '.join(known)}"
            )


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint such as `; did you mean 'weights'?`, or nothing."""
    guess = get_close_matches(name[:80], list(known), n=1)
    return f"; did you mean {guess[0]!r}?" if guess else ""


def shown(value: object) -> str:
    """Return a value as JSON, cut to what fits into a sentence."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    text = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    return text if len(text) <= 60 else text[:59] + "…"
