"""How tests of the data plane run, and what several of them begin with.

A test is a coroutine; it runs on the worker's own event loop, and all it opened is closed after it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import MethodType

import pytest
import uvloop

from tests.proxy.stage import Stage
from tests.proxy.tls_talk import copy
from tests.tls_files import Authority, Pair
from tests.waiting import BOUND


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """The stage of one test."""
    return Stage(tmp_path)


@pytest.fixture(scope="session")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A CA for what is served in tests."""
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A CA that nobody is told to trust."""
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


@pytest.fixture
def pair(ca: Authority, tmp_path: Path) -> Pair:
    """A pair `old` for a.example in files that a test may replace."""
    pair = Pair(tmp_path / "server.pem", tmp_path / "server.key")
    copy(ca.issue("/CN=old", "a.example"), pair)
    return pair


async def _run(test: Callable[..., Awaitable[None]], arguments: dict[str, object]) -> None:
    try:
        async with asyncio.timeout(BOUND):
            await test(**arguments)
    finally:
        stage = arguments.get("stage")
        if isinstance(stage, Stage):
            async with asyncio.timeout(BOUND):
                await stage.close()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test on the loop that workers run on."""
    test = pyfuncitem.obj
    if not inspect.iscoroutinefunction(test.__func__ if isinstance(test, MethodType) else test):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(test).parameters}
    uvloop.run(_run(test, arguments))
    return True
