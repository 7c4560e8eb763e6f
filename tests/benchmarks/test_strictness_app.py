"""The application behind uvicorn answers what it got whole."""

from __future__ import annotations

import asyncio
from typing import Any

from benchmarks.strictness_app import app


def answered(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the application sends after these messages."""
    sent: list[dict[str, Any]] = []
    coming = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(coming)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app({"type": "http"}, receive, send))
    return sent


def test_it_answers_once_the_body_is_whole() -> None:
    """With the mark that the comparison counts."""
    part = {"type": "http.request", "body": b"a", "more_body": True}
    start, end = answered(part, {"type": "http.request", "body": b"b"})
    assert (start["status"], start["headers"][0]) == (200, (b"x-seen", b"1"))
    assert end["body"] == b""


def test_half_a_body_is_not_answered() -> None:
    """The client left, or the server found it broken."""
    part = {"type": "http.request", "body": b"a", "more_body": True}
    assert answered(part, {"type": "http.disconnect"}) == []
