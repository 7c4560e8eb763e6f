"""Asks a query of a process of its own, and ends that process when nobody waits for the answer any more."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from gateway.control.problems import Refusal
from gateway.control.queries.process import GRACE, Question

MODULE = "gateway.control.queries.process"
SPARE = 2.0
"""Seconds for the beginning and the end of a process, beyond what its query may take."""
_KEPT = ("PATH", "LANG", "HOME", "VIRTUAL_ENV")


async def ask(question: Question) -> tuple[bool, bytes]:
    """Return whether rows were left out, and the answer; raises Refusal where there is none.

    Being cancelled ends the query.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", MODULE, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment(os.environ)
    )
    try:
        async with asyncio.timeout(question.seconds + GRACE + SPARE):
            head, body, said = await _answered(process, question)
    except TimeoutError:
        raise _stopped(question) from None
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    return _read(question, head, body, said)


def environment(of: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a query's process: what Python needs, and nothing that may be secret."""
    return {name: value for name, value in of.items() if name in _KEPT or name.startswith("PYTHON")}


async def _answered(process: Process, question: Question) -> tuple[bytes, bytes, bytes]:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(json.dumps(asdict(question)).encode() + b"\n")
    # Its input stays open: the end of it would be the end of the process.
    whole, said = await asyncio.gather(process.stdout.read(), process.stderr.read())
    await process.wait()
    head, _, body = whole.partition(b"\n")
    return head, body, said


def _read(question: Question, head: bytes, body: bytes, said: bytes) -> tuple[bool, bytes]:
    if not head:
        if said:
            last = said.decode(errors="replace").strip().splitlines()[-1]
            raise Refusal(500, f"the query's process failed: {last[:500]}; this is a mistake in the gateway")
        raise _stopped(question)
    told: dict[str, Any] = json.loads(head)
    if "detail" in told:
        detail = told.pop("detail")
        raise Refusal(422, detail, members=told)
    return bool(told["truncated"]), body


def _stopped(question: Question) -> Refusal:
    return Refusal(
        422,
        f"the query took longer than {question.seconds:g} s, or all memory it may have, and its process was "
        "ended; narrow it, as in WHERE ts > now() - INTERVAL 1 hour",
    )
