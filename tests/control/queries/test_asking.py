"""A query's process: its answer, and its end."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.control.problems import Refusal
from gateway.control.queries import asking as query_asking
from gateway.control.queries.asking import ask, environment
from gateway.control.queries.process import Question
from tests.waiting import BOUND, until

if TYPE_CHECKING:
    from tests.control.conftest import Site

ENDLESS = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"


def question(site: Site, sql: str, seconds: float = BOUND) -> Question:
    """Return a question to the log of a site."""
    return Question(str(site.places.state), sql, 10, seconds)


def processes() -> set[int]:
    """Return the processes of queries that this one has started and not seen the end of."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and query_asking.MODULE.encode() in (path / "cmdline").read_bytes():
                found.add(int(path.name))
        except OSError:  # it has just ended
            continue
    return found


async def test_an_answer_comes_from_a_process_of_its_own(site: Site) -> None:
    """A mistake comes as a refusal with its place."""
    truncated, content = await ask(question(site, "SELECT 7 AS a"))
    assert (truncated, json.loads(content)["rows"]) == (False, [[7]])
    with pytest.raises(Refusal) as found:
        await ask(question(site, "SELECT nothing FROM requests"))
    assert (found.value.status, found.value.members) == (422, {"line": 1, "column": 8})


async def test_a_query_that_takes_too_long_is_stopped(site: Site) -> None:
    """And it is said how to ask for less."""
    with pytest.raises(Refusal, match=r"took longer than 0\.2 s.*narrow it"):
        await ask(question(site, ENDLESS, 0.2))


async def test_whoever_is_cancelled_takes_the_process_along(site: Site) -> None:
    """It is gone at once, whatever it was at."""
    asking = asyncio.create_task(ask(question(site, ENDLESS)))
    mine = await asyncio.to_thread(until, processes, "the process of the query")
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert not mine & processes()


async def test_a_process_that_dies_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its last words where it had some."""
    monkeypatch.setattr(query_asking, "MODULE", "gateway.control.no_such_module")
    with pytest.raises(Refusal, match="no_such_module") as found:
        await ask(question(site, "SELECT 1"))
    assert found.value.status == 500
    monkeypatch.setattr(query_asking, "MODULE", "gateway.errors")  # ends at once, without a word
    with pytest.raises(Refusal, match="its process was ended"):
        await ask(question(site, "SELECT 1"))


def test_no_secret_of_the_environment_is_handed_on() -> None:
    """A query needs Python and nothing else."""
    given = {"PATH": "/bin", "PYTHONPATH": "here", "LOG_KEY": "secret", "AWS_SECRET": "secret"}
    assert environment(given) == {"PATH": "/bin", "PYTHONPATH": "here"}
