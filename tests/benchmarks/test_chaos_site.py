"""The processes that a row stands on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.chaos.behaviour import Behaviour
from benchmarks.chaos.client import Ask, ask_once
from benchmarks.chaos.site import Replica, killed, site
from tests.started import started


@pytest.fixture
def replica() -> Iterator[Replica]:
    """One service at work."""
    found = Replica(Behaviour("blue"))
    found.start()
    yield found
    found.kill()


def status(replica: Replica) -> int:
    """Ask a replica directly; 0 where nobody answers."""
    return asyncio.run(ask_once(replica.port, Ask(), frozenset())).status


def test_a_replica_can_be_killed_and_comes_back_where_it_was(replica: Replica) -> None:
    """A gateway finds it at the same url."""
    port = replica.port
    assert status(replica) == 200
    replica.kill()
    assert status(replica) == 0
    replica.start()
    assert (replica.port, status(replica)) == (port, 200)


def test_a_replica_behaves_as_it_is_told_and_counts(replica: Replica) -> None:
    """Its own paths are not counted."""
    replica.behave(errors=100.0, status=418)
    assert status(replica) == 418
    assert replica.counts()["attempts"] == 1


def test_a_hanging_replica_accepts_and_says_nothing(replica: Replica) -> None:
    """That is what makes it worse than a dead one; it can be killed all the same."""
    replica.hang()

    async def ask() -> None:
        async with asyncio.timeout(0.2):
            await ask_once(replica.port, Ask(), frozenset())

    with pytest.raises(TimeoutError):
        asyncio.run(ask())


def test_a_killed_process_is_gone_when_that_is_said() -> None:
    """Not a moment later: who asks from then on cannot have reached it."""
    with started([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        asyncio.run(killed(process.pid))
        state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        assert state == "Z"
        assert process.wait(60) == -9


def test_a_gateway_that_does_not_start_is_quoted() -> None:
    """With what it said of its routing.yaml."""
    with pytest.raises(RuntimeError, match="services"), site("routes: []\n", {}):
        pass
