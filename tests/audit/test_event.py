"""An attempt is known wherever a request is answered, and outside of one where something comes from."""

from __future__ import annotations

import asyncio
import os
import pty

import pytest

from gateway.audit.event import Attempt, attempt_now, attempting, origin_of


def test_an_attempt_goes_along_into_threads() -> None:
    """And ends where it ends."""

    async def asked() -> None:
        with attempting(Attempt("10.0.0.7", "rollback")) as attempt:
            assert await asyncio.to_thread(attempt_now) is attempt
        assert attempt_now() is None

    asyncio.run(asked())


def test_the_command_line_says_user_and_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything else says what it is."""
    ours, theirs = pty.openpty()
    names = {2: os.ttyname(theirs)}
    os.close(ours)
    os.close(theirs)

    def ttyname(fd: int) -> str:
        if fd in names:
            return names[fd]
        raise OSError(25, "Inappropriate ioctl for device")

    monkeypatch.setattr(os, "ttyname", ttyname)
    assert origin_of("cli:ann") == f"uid {os.getuid()} on {names[2]}"
    names.clear()
    assert origin_of("cli:ann") == f"uid {os.getuid()} on no terminal"
    assert (origin_of("file"), origin_of("rollout")) == ("file", "rollout")
