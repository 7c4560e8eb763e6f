"""Load that keeps its own books."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from benchmarks.chaos.behaviour import Behaviour
from benchmarks.chaos.client import Ask, Seen
from benchmarks.chaos.load import (
    Kind,
    Load,
    calm,
    failed,
    failures,
    last_ms,
    p99_ms,
    share_of,
    under_way,
)
from benchmarks.chaos.service import Service


def seen(began: float, ended: float, version: str = "blue", failure: str = "") -> Seen:
    """Return a request as it was seen."""
    return Seen(Ask(), "t1", began, ended, 0 if failure else 200, version, failure)


def with_service(use: Callable[[int, Service], Awaitable[None]], **how: float) -> Service:
    """Serve in a loop of its own while `use` runs with the port; clients leave before the service does."""

    async def run() -> Service:
        service = Service(Behaviour("blue", **how))  # type: ignore[arg-type]
        async with await asyncio.start_server(service.serve, "127.0.0.1", 0) as server:
            await use(server.sockets[0].getsockname()[1], service)
            await asyncio.sleep(0.02)
        return service

    return asyncio.run(run())


def test_a_closed_loop_asks_in_turn_until_it_is_over() -> None:
    """Everything sent is answered and in the books when the block has ended."""
    books: list[Load] = []

    async def use(port: int, service: Service) -> None:
        async with Load(port, ()) as load:
            load.closed(Kind(4, asks=(Ask(), Ask(b"POST"))))
            await load.until(40)
        books.append(load)

    service = with_service(use)
    (load,) = books
    assert len(load.seen) >= 40
    assert load.out == 0
    assert failed(load.seen) == []
    assert service.attempts.total() == len(load.seen)
    assert {method for method, _ in service.attempts} == {"GET", "POST"}


def test_an_open_loop_goes_on_asking_while_answers_take_their_time() -> None:
    """So more are under way than any closed loop of few connections would have."""

    async def use(port: int, service: Service) -> None:
        async with Load(port, ()) as load:
            load.open(Kind(rate=500))
            most = 0
            async with asyncio.timeout(60):
                while most <= 10:
                    await asyncio.sleep(0.01)
                    most = load.out
        assert all(one.took >= 0.1 for one in load.seen)

    with_service(use, delay=0.1)


def test_fresh_clients_use_a_connection_once() -> None:
    """The calm load has both kinds."""

    async def use(port: int, service: Service) -> None:
        assert failed(await calm(port, (), 0.1)) == []

    assert with_service(use).attempts.total() > 0


def test_failures_are_counted_by_what_they_were() -> None:
    """The most frequent first."""
    some = [seen(0, 1), seen(0, 1, failure="cut short"), *[seen(0, 1, failure="status 503")] * 2]
    assert len(failed(some)) == 3
    assert failures(some) == ("what failed: 2 × status 503, 1 × cut short",)
    assert failures(()) == ()


def test_who_was_under_way_is_told_by_overlap() -> None:
    """Its end and its beginning count."""
    some = [seen(0, 1), seen(0, 3), seen(2, 3), seen(3.5, 4)]
    assert under_way(some, 1, 2) == 3


def test_the_last_that_began_after_a_moment() -> None:
    """0 where none did."""
    assert last_ms([seen(1, 2), seen(3, 4)], since=2.5) == 500
    assert last_ms([seen(1, 2)], since=2.5) == 0
    assert last_ms([], since=2.5) == 0


def test_shares_and_percentiles() -> None:
    """A share is of the answers before a moment."""
    some = [seen(0, 1), seen(0, 2, "canary"), seen(0, 9, "canary")]
    assert share_of(some, "canary", until=3) == 50
    assert share_of([], "canary", until=3) == 0
    assert p99_ms([seen(0, 0.001)] * 99 + [seen(0, 1)]) == 1
