"""Who makes a request is known before anything else looks at it."""

from __future__ import annotations

from typing import Any

from gateway.control.access.identity import Identity
from gateway.control.access.roles import Principal


async def test_whoever_comes_from_this_machine_is_known_by_address() -> None:
    """With all rights, as before there were any."""
    seen: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["principal"])

    await Identity(app)({"type": "http", "client": ("127.0.0.1", 5)}, None, None)  # type: ignore[arg-type]
    assert seen == [Principal("api:127.0.0.1", "admin", "open")]
