"""A request is answered the same over HTTP/2 and HTTP/1.1, and its service is told the same."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.system.gateway_under_test import Gateway
from tests.system.secure_site import http_client

OF_ONE_REQUEST = {"date", "x-request-id", "connection", "keep-alive"}
"""What two answers to the same request need not have in common."""
ASKED: list[dict[str, Any]] = [
    {"method": "GET", "url": "/one/echo/a%20b/%C3%A9?c=d&e=%2F"},
    {"method": "GET", "url": "/one/echo//a/../b"},
    {"method": "POST", "url": "/one/echo", "json": {"a": "b"}},
    {"method": "PUT", "url": "/one/echo", "content": b""},
    {"method": "GET", "url": "/one/echo", "headers": {"cookie": "a=1; b=2", "x-name": "é".encode()}},
    {"method": "GET", "url": "/one/echo", "headers": {"x_model_version": "x", "x-model-version": "x"}},
    {"method": "HEAD", "url": "/one/big/100000"},
    {"method": "GET", "url": "/one/status/204"},
    {"method": "GET", "url": "/one/status/304"},
    {"method": "GET", "url": "/one/status/404"},
    {"method": "GET", "url": "/nowhere"},
    {"method": "HEAD", "url": "/nowhere"},
    {"method": "TRACE", "url": "/one/echo"},
    {"method": "GET", "url": "/one/echo", "headers": {"expect": "the-unexpected"}},
    {"method": "GET", "url": "/one/%00"},
    {"method": "GET", "url": "/one/echo?" + "q" * 9000},
    {"method": "GET", "url": "/one/echo", "headers": {f"x-{n}": "1" for n in range(120)}},
]


@pytest.mark.parametrize("asked", ASKED, ids=lambda each: f"{each['method']} {each['url'][:24]}")
def test_both_protocols_give_the_same_answer(secure: Gateway, asked: dict[str, Any]) -> None:
    """Status, fields and body; and the service is told the same."""

    async def seen(http: httpx.AsyncClient) -> tuple[int, dict[str, str], Any]:
        answer = await http.request(**asked)
        fields = {name: value for name, value in answer.headers.items() if name not in OF_ONE_REQUEST}
        body = answer.json() if answer.headers.get("content-type") == "application/json" else answer.content
        if isinstance(body, dict) and "headers" in body:
            said = {name: value for name, value in body["headers"] if name not in ("x-request-id", "via")}
            assert "connection" not in said
            said["traceparent"] = ""
            body["headers"] = said
            fields.pop("content-length")
        return answer.status_code, fields, body

    async def main() -> None:
        async with http_client(secure) as newer, http_client(secure, http2=False) as older:
            assert await seen(newer) == await seen(older)

    asyncio.run(main())
