"""The proxy most people would write first: Starlette in front, httpx behind. Run by uvicorn.

BENCH_BLUE and BENCH_CANARY hold the ports of the two services.
"""

from __future__ import annotations

import os
import uuid
import zlib

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

SERVICES = {"blue": os.environ["BENCH_BLUE"], "canary": os.environ["BENCH_CANARY"]}
client = httpx.AsyncClient(limits=httpx.Limits(max_connections=64, max_keepalive_connections=64))


def service_of(request: Request) -> str:
    """Pick the version: opt in or out first, else 10 % of the users."""
    wish = {"always": "canary", "never": "blue"}.get(request.headers.get("x-canary", ""))
    return wish or ("canary" if zlib.crc32(request.headers["x-user-id"].encode()) % 100 < 10 else "blue")


async def forward(request: Request) -> Response:
    """Pass one request on and its answer back."""
    service, identity = service_of(request), uuid.uuid4().hex
    headers = {**request.headers, "x-request-id": identity, "x-forwarded-proto": request.url.scheme}
    headers["x-forwarded-for"] = request.client.host if request.client else ""
    headers["x-forwarded-host"] = request.headers["host"]
    url = f"http://127.0.0.1:{SERVICES[service]}{request.url.path}"
    answer = await client.request(request.method, url, headers=headers, content=await request.body())
    marks = {"x-model-version": service, "x-request-id": identity}
    return Response(answer.content, answer.status_code, marks, answer.headers["content-type"])


app = Starlette(routes=[Route("/{path:path}", forward, methods=["GET", "POST"])])
