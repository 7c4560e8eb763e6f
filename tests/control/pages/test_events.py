"""The stream: one look for all who listen, none for nobody, and an end when it is time."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from gateway.control.access.login import Access, principal_for
from gateway.control.access.roles import Principal
from gateway.control.access.tokens import Grant
from gateway.control.pages import events
from gateway.control.pages.desk import Desk
from gateway.control.pages.events import SLICE, Broadcast, is_still_in, looking
from gateway.control.problems import Refusal
from gateway.control.process import END_WITHIN
from gateway.routing.places import Places
from tests.waiting import BOUND

if TYPE_CHECKING:
    from pathlib import Path

    from tests.control.conftest import Control, Site


class Looks:
    """Counts how often somebody looked; says when it is over."""

    def __init__(self) -> None:
        self.count = 0
        self.is_over = False

    def __call__(self) -> bytes:
        self.count += 1
        return b"%d" % self.count

    def broadcast(self) -> Broadcast:
        """A quick one."""
        return Broadcast(self, lambda: self.is_over, every=0.01)


async def some(stream: AsyncIterator[bytes], count: int) -> list[bytes]:
    """The first events of a stream, which is left then."""
    found = [await anext(stream) for _ in range(count)]
    await stream.aclose()  # type: ignore[attr-defined]
    return found


def test_all_listeners_share_one_look() -> None:
    """However many there are, each event was looked for once; once nobody listens, nobody looks."""
    looks = Looks()

    async def run() -> None:
        broadcast = looks.broadcast()
        assert looks.count == 0
        found = await asyncio.gather(*(some(broadcast.listen(), 5) for _ in range(20)))
        assert len({tuple(one) for one in found}) == 1
        assert looks.count <= 6
        assert broadcast.listeners == 0
        await asyncio.wait_for(broadcast._task, BOUND)  # type: ignore[arg-type]
        assert looks.count <= 7
        assert len(await some(broadcast.listen(), 2)) == 2  # and it begins again

    asyncio.run(run())


def test_the_end_of_the_process_ends_all_streams() -> None:
    """Long before the next look, and well within the half second that answers are given."""
    assert SLICE < END_WITHIN / 2
    looks = Looks()

    async def run() -> None:
        broadcast = Broadcast(looks, lambda: looks.is_over, every=10 * BOUND)
        listening = [asyncio.create_task(drained(broadcast)) for _ in range(5)]
        await some(broadcast.listen(), 1)
        looks.is_over = True
        await asyncio.wait_for(asyncio.gather(*listening), BOUND)

    async def drained(broadcast: Broadcast) -> None:
        async for _ in broadcast.listen():
            pass

    asyncio.run(run())


def test_a_look_that_fails_fails_the_stream() -> None:
    """Nobody waits for news that cannot come; the browser asks again."""

    def broken() -> bytes:
        raise LookupError("a mistake")

    async def run() -> None:
        broadcast = Broadcast(broken, lambda: False, every=0.01)
        with pytest.raises(LookupError, match="a mistake"):
            await anext(broadcast.listen())

    asyncio.run(run())


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """The stream goes on."""
    found = looking(Desk(Places(tmp_path), lambda: None))
    assert found.startswith(b"event: trouble\ndata: {")
    assert b"gateway up" in found


def request(places: Places, principal: Principal | None, **headers: str) -> Request:
    """A request of somebody."""
    fields = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "path": "/events", "headers": fields, "scheme": "http"}
    return Request({**scope, "principal": principal, "access": Access.at(places.access)})


def test_there_is_a_limit_to_listeners(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes beyond it is told to come again."""
    monkeypatch.setattr(events, "LISTENERS", 0)
    page = events.pages(Desk(site.places, lambda: None))[0]

    async def asked() -> None:
        await page.handler(request(site.places, None))

    with pytest.raises(Refusal, match="open already") as refused:
        asyncio.run(asked())
    assert (refused.value.status, refused.value.headers["retry-after"]) == (503, "5")


def test_a_stream_lasts_as_long_as_its_session_or_token(site: Site) -> None:
    """A log-out or a revoked token ends what was opened with it."""
    access = Access.at(site.places.access)
    token, _ = access.tokens.create("ann", Grant("viewer"), "cli:root")
    other, _ = access.tokens.create("bob", Grant("viewer"), "cli:root")
    cookie = access.sessions.begin(principal_for(other))
    with_session = request(site.places, access.sessions.find(cookie), cookie=f"gateway_session={cookie}")
    with_token = request(site.places, principal_for(token))
    assert is_still_in(with_session)
    assert is_still_in(with_token)
    access.sessions.end(cookie)
    access.tokens.revoke(token.id)
    assert not is_still_in(with_session)
    assert not is_still_in(with_token)
    assert is_still_in(request(site.places, Principal("api:127.0.0.1", "admin", "open")))
    assert not is_still_in(request(site.places, None))


def test_a_revoked_token_ends_its_stream_before_the_next_event(site: Site) -> None:
    """Each event asks again, so nobody is shown anything two seconds later; the first tells who it is for."""
    access = Access.at(site.places.access)
    token, _ = access.tokens.create("ann", Grant("viewer"), "cli:root")
    asked = request(site.places, principal_for(token))

    async def run() -> list[bytes]:
        stream = events._stream(Looks().broadcast(), asked)
        found = [await anext(stream), await anext(stream)]
        access.tokens.revoke(token.id)
        return found + [one async for one in stream]

    hello, *seen = asyncio.run(run())
    assert b'"who":"token:ann"' in hello
    assert seen == [b"1"]


def test_the_control_process_ends_with_a_stream_open(stopped_control: Control) -> None:
    """It says hello and what is now, and goes quietly when it is told to: nothing has to be cut off.

    Whoever did not end by itself would be waited for much longer than this test waits.
    """
    control = stopped_control
    control.before = f"from gateway.control import process; process.END_WITHIN = {10 * BOUND}"
    control.start()
    with control.connected() as wire:
        wire.request("GET", "/events")
        answer = wire.getresponse()
        assert answer.getheader("content-type") == "text/event-stream; charset=utf-8"
        said = b"".join(answer.readline() for _ in range(6))
        assert b"event: hello\ndata: " in said
        assert b"event: now\ndata: " in said
        control.process.send_signal(signal.SIGTERM)
        answer.read()
        assert control.process.wait(BOUND) == 0
    assert "ancel" not in control.log
    assert "Traceback" not in control.log
