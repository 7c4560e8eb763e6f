"""One request to a gateway, for tests of who answers it."""

from __future__ import annotations

from tests.proxy.stage import Gateway, Stage

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
BAD = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy"


async def ask(stage: Stage, gateway: Gateway, request: bytes = GET) -> tuple[int, bytes]:
    """Return status and body of the answer to one request."""
    client = await stage.client(gateway.port)
    await client.send(request)
    head, body = await client.answer()
    return int(head[9:12]), body
