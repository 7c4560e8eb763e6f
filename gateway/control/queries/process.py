"""One query of the dashboard, in a process of its own: what it does wrong ends with it.

DuckDB looks up from a row only once it is done, so nothing short of the end of the process surely stops a
query. The question is one line of JSON on standard input; the end of that input is the end of the process,
so it outlives neither the control process nor whoever asked. The answer is a line of JSON that says how it
went, and the rows.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.control.queries.place import place_of
from gateway.control.queries.rows import Writer, writer_of
from gateway.errors import GatewayError
from gateway.lifeline import at_end_of_input
from gateway.requestlog.query import asked
from gateway.routing.places import Places
from gateway.routing.revision_rows import revision_rows
from gateway.routing.slot import published

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.requestlog.lake import Lake

GRACE = 3.0
"""Seconds beyond the time limit after which the process is ended from outside of any query."""
MEMORY = "256MB"
MOST_MEMORY = 512 << 20
"""Bytes that the process may have for everything: rows on their way out are not DuckDB's any more."""
MOST_BYTES = 16 << 20
"""Bytes of an answer; what is beyond is left out, and the answer says so."""
_WORDS = {
    "give it longer with --timeout": "ask `gateway query --timeout 5m` on the gateway's machine",
    "allow more with --memory 2GB": "ask `gateway query --memory 2GB` on the gateway's machine",
    "`gateway query` lists": "the page SQL lists",
}
_ENCRYPTED = (
    "what is encrypted stays encrypted here; `gateway query` on the gateway's machine reads it with decrypt"
)


@dataclass(frozen=True, slots=True)
class Question:
    """One query: the gateway's state directory, at most so many rows, within so many seconds."""

    state: str
    sql: str
    limit: int
    seconds: float
    as_csv: bool = False


def main() -> int:
    """Answer the question that stands on standard input; return the process's exit status."""
    question = Question(**json.loads(sys.stdin.buffer.readline()))
    _bound(question.seconds + GRACE)
    at_end_of_input(lambda: os._exit(1))
    try:
        told, body = answer(question)
    except GatewayError as error:
        told, body = _told(str(error), question.sql), b""
    except MemoryError:
        told, body = (
            {"detail": "the answer needs more memory than it may use; take fewer or shorter columns"},
            b"",
        )
    with suppress(BrokenPipeError):  # nobody waits for it any more
        sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + body)
        sys.stdout.buffer.flush()
    return 0


def answer(question: Question) -> tuple[dict[str, Any], bytes]:
    """Return what is to be said of an answer, and the answer; raises GatewayError where there is none."""
    began = time.monotonic()
    with _connected(Places(Path(question.state)), question.sql) as lake:
        with asked(lake, question.sql, question.seconds) as found:
            writer = writer_of(found.columns, found.types, as_csv=question.as_csv)
            truncated = _write(writer, found.batches(), question.limit)
        seconds = round(time.monotonic() - began, 3)
        return {"truncated": truncated}, writer.end(truncated=truncated, seconds=seconds)


def _write(writer: Writer, batches: Iterator[list[tuple[Any, ...]]], limit: int) -> bool:
    """Write rows up to a limit; return whether there are more."""
    count = 0
    for batch in batches:
        for row in batch:
            if count >= limit or writer.size >= MOST_BYTES:
                return True
            writer.row(row)
            count += 1
    return False


def _connected(places: Places, sql: str) -> Lake:
    from gateway.requestlog.lake import connect

    plan = published(places)
    policies = {route.name: route.log.labels for route in plan.routes if route.log} if plan else {}
    wanted = "" if sql.split(None, 1)[:1] in (["SHOW"], ["show"]) else sql
    revisions = revision_rows(places.journal) if "revisions" in sql.casefold() else ()
    return connect(places.log, revisions=revisions, policies=policies, memory_limit=MEMORY, wanted=wanted)


def _told(error: str, sql: str) -> dict[str, Any]:
    """Return an error in the words of whoever asks from a browser, and its place in the query."""
    detail = _ENCRYPTED if error.startswith("decrypt needs the key") else error
    for old, new in _WORDS.items():
        detail = detail.replace(old, new)
    place = place_of(error, sql)
    if place is None:
        return {"detail": detail}
    return {"detail": re.sub(r"^LINE \d+", f"LINE {place.line}", detail, flags=re.MULTILINE), **asdict(place)}


def _bound(seconds: float) -> None:
    """Have the process end after a time whatever it does, use no memory beyond its own, and stand back."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # requests come first


if __name__ == "__main__":
    sys.exit(main())
