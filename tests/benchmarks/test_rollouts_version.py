"""A version as a process, and what can be made wrong with it."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from benchmarks.rollouts import users
from benchmarks.rollouts.fault import Fault
from benchmarks.rollouts.load import Load, failed, failures
from benchmarks.rollouts.version import Version
from tests.waiting import BOUND


@pytest.fixture
def version() -> Iterator[Version]:
    """One that costs nothing to ask."""
    found = Version()
    found.launch()
    found.await_port()
    yield found
    found.kill()


def asked(version: Version, requests: int = 40) -> Load:
    """Ask it directly."""

    async def ask() -> Load:
        async with Load(version.port) as load:
            load.flow(users.requests(1), 2_000)
            await load.until(requests, BOUND)
        return load

    return asyncio.run(asyncio.wait_for(ask(), BOUND))


def test_it_answers_until_it_is_told_to_fail(version: Version) -> None:
    """The load keeps its own books of both."""
    assert failed(asked(version).asked) == []
    version.behave(errors=1.0)
    load = asked(version)
    assert len(failed(load.asked)) == len(load.asked)
    assert failures(load.asked).endswith("× status 500")


def test_it_fails_the_same_users_each_time(version: Version) -> None:
    """And answers the others."""
    version.behave(users=0.3)
    load = asked(version, 400)
    bad, good = ({one.user for one in load.asked if bool(one.failure) is which} for which in (True, False))
    assert bad
    assert good
    assert not bad & good


def test_it_is_late_by_its_delay(version: Version) -> None:
    """Every answer; timers have a resolution of their own."""
    version.behave(delay=0.05)
    assert all(one.took >= 0.045 for one in asked(version).asked)


def test_one_that_hangs_answers_nothing_but_is_there(version: Version) -> None:
    """As a process that is stuck: its health is asked of others."""
    version.behave(hangs=True)
    request = urllib.request.Request(f"{version.url}/v2/models/late/infer", data=b"{}")
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(request, timeout=0.3)


def test_one_that_was_killed_is_gone(version: Version) -> None:
    """Its port is closed."""
    version.kill()
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(version.url, timeout=5)


def test_it_serves_a_model_of_this_repository() -> None:
    """With the application of `gateway serve`."""
    found = Version("v3", Fault())
    try:
        found.launch()
        found.await_port()
        assert failed(asked(found).asked) == []
    finally:
        found.kill()
