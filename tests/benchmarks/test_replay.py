"""The replay of flights, against a small server of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from aiohttp import web

from benchmarks.flights import Flight, Input
from benchmarks.replay import CHANGING, Change, Outcome, Replay

FLIGHTS = [Flight({"month": "3"}, was_late=number % 2 == 0) for number in range(60)]
INPUTS = [Input("month", "INT64")]
RATE = 100_000.0  # as fast as it goes


def replay(changes: list[Change], answer: Callable[[str], web.Response]) -> list[Outcome]:
    """Run the flights against a server that gives `answer` to each user."""

    async def handle(request: web.Request) -> web.Response:
        return answer(request.headers["x-user-id"])

    async def whole() -> list[Outcome]:
        app = web.Application()
        app.router.add_post("/infer", handle)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            port = runner.addresses[0][1]
            return await Replay(f"http://127.0.0.1:{port}/infer", INPUTS, RATE, lambda: None).run(
                FLIGHTS, changes
            )
        finally:
            await runner.cleanup()

    return asyncio.run(whole())


def good(user: str) -> web.Response:
    """Answer as a model does."""
    body = {
        "model_version": "v1",
        "outputs": [{"name": "p", "datatype": "FP64", "shape": [1], "data": [0.25]}],
    }
    return web.json_response(body, headers={"x-model-version": "blue"})


def test_every_flight_is_sent_once_and_each_by_its_own_user() -> None:
    """As many outcomes as flights, with what the model said of each."""
    users: Counter[str] = Counter()

    def answer(user: str) -> web.Response:
        users[user] += 1
        return good(user)

    outcomes = replay([], answer)
    assert len(outcomes) == len(FLIGHTS) == len(users)
    assert set(users.values()) == {1}
    assert {(one.version, one.model, one.probability, one.error) for one in outcomes} == {
        ("blue", "v1", 0.25, "")
    }
    assert sum(one.was_late for one in outcomes) == 30


def test_a_change_is_made_at_its_moment_and_noted_when_it_is_done() -> None:
    """Requests before it count for the first phase; later ones for the change itself or the next phase."""
    done: list[str] = []
    change = Change(40, lambda: done.append("acted"), lambda: done.append("noted"))
    phases = Counter(one.phase for one in replay([change], good))
    assert done == ["acted", "noted"]
    assert phases[0] >= 40
    assert phases.keys() <= {0, CHANGING, 1}


def test_a_refusal_is_an_outcome_and_not_the_end() -> None:
    """One bad answer leaves the others standing and says what it was."""
    outcomes = replay([], lambda user: web.json_response({}, status=503) if user == "user-7" else good(user))
    assert Counter(one.error for one in outcomes) == {"": 59, "status 503": 1}
