"""Sends the corpus of tests/corpus to each server and writes docs/strictness.md: who refuses what.

    python -m benchmarks.strictness

A hostile request counts as refused when the service behind (or the application, for uvicorn) was not given
it whole and the connection was closed or answered with 4xx or 5xx; as open when neither happened in time.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import ROOT
from benchmarks.free_port import free_port
from benchmarks.process import child, last_line
from benchmarks.strictness_report import GROUPS, page
from benchmarks.strictness_servers import Server, servers
from tests.corpus.cases import Case, requests
from tests.corpus.recorder import Recorder

PROBE = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
QUIET = 0.3
"""Seconds without a byte after which nothing more is expected."""
SETTLE = 0.05
START = 30.0
PAGE = ROOT / "docs" / "strictness.md"
REFUSED, OPEN, THROUGH, INTACT, LOST = "refused", "open", "let through", "intact", "lost"


@dataclass(frozen=True)
class Outcome:
    """What one server did with the corpus, counted by group and verdict; `missed` are the ids."""

    name: str
    counts: Counter[tuple[str, str]]
    missed: tuple[str, ...]


def main() -> int:
    """Run every server there is, side by side; print and write the page."""
    cases = [case for case in requests() if case.status != 408]  # time-outs differ by setting, not by care
    present = [server for server in servers() if not server.missing]
    with tempfile.TemporaryDirectory(prefix="gateway-strictness-") as name:
        outcomes = asyncio.run(_all(present, cases, Path(name)))
    missing = {server.name: server.missing for server in servers() if server.missing}
    text = page([(one.name, one.counts, one.missed) for one in outcomes], missing, cases)
    PAGE.write_text(text, encoding="utf-8")
    print(text)
    return 0


async def _all(present: list[Server], cases: list[Case], folder: Path) -> list[Outcome]:
    return await asyncio.gather(*(_one(server, cases, folder) for server in present))


async def _one(server: Server, cases: list[Case], parent: Path) -> Outcome:
    folder = parent / server.name.replace(" ", "").replace(",", "-")
    folder.mkdir()
    recorder, port, log = Recorder(), free_port(), folder / "log"
    await recorder.listen()
    with child(server.command(folder, port, recorder.port), log, None):
        await _ready(port, lambda: last_line(log.read_text(errors="replace")))
        outcome = await _count(server.name, port, recorder, cases)
    await recorder.close()
    return outcome


async def _count(name: str, port: int, recorder: Recorder, cases: list[Case]) -> Outcome:
    counts: Counter[tuple[str, str]] = Counter()
    missed: list[str] = []
    for case in cases:
        verdict = await _verdict(port, recorder, case)
        await _settled(recorder)
        counts[GROUPS.of(case), verdict] += 1
        if verdict not in (REFUSED, INTACT):
            missed.append(case.id)
    return Outcome(name, counts, tuple(missed))


async def _settled(recorder: Recorder) -> None:
    """Wait until nothing of this case can come any more, so that it is not counted with the next."""
    seen = -1
    while seen != len(recorder.wire):
        seen = len(recorder.wire)
        await asyncio.sleep(SETTLE)


async def _verdict(port: int, recorder: Recorder, case: Case) -> str:
    recorder.forget()
    answer, closed = await _send(port, case.data, len(case.sees) + (case.status is not None))
    seen = max(len(recorder.requests), answer.count(b"x-seen:"))
    if case.status is None:
        return INTACT if seen == len(case.sees) else LOST
    if seen > len(case.sees):
        return THROUGH
    statuses = [line[9:10] for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.")]
    return REFUSED if closed or (statuses and statuses[-1] in b"45") else OPEN


async def _send(port: int, data: bytes, enough: int) -> tuple[bytes, bool]:
    """Return what was answered, and whether the server then closed; `enough` good answers end the wait."""
    answer, closed = b"", False
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        while not closed and answer.count(b"x-seen:") < enough:
            more = await asyncio.wait_for(reader.read(1 << 16), QUIET)
            answer, closed = answer + more, not more
    except TimeoutError:
        pass  # it waits for more, or keeps the connection
    except ConnectionError:
        closed = True
    writer.transport.abort()
    await asyncio.sleep(0)
    return answer, closed


async def _ready(port: int, said: Callable[[], str]) -> None:
    deadline = asyncio.get_running_loop().time() + START
    while True:
        try:
            if (await _send(port, PROBE, 1))[0].startswith(b"HTTP/1.1 200"):
                return
        except OSError:
            pass  # not listening yet
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"no answer within {START:g} s: {said()}")
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
