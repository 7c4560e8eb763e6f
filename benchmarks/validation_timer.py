"""`python -m benchmarks.validation_timer POOL ROUNDS`: times the checks of request heads in this process.

Run with the compiled copy first on the path, as workers are. Prints one line of JSON: microseconds per
request of each round, and whether the checks were compiled. The ways are `bare`, without any checks; `known`,
with all that `gateway.proxy.server` asks of a head that llhttp has read: the request line, the framing, the
host, tabs, the number of fields and the names; and `fresh`, where the request line was never seen before, so
that the memory of fair ones which workers have (`gateway.proxy.table`) is of no use.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.heads import SEPARATOR
from gateway.http import strict
from gateway.http.header_lines import no_tabs
from gateway.http.headers import REQUEST_KNOWN, REQUEST_REMOVED, FieldKinds, Shapes
from gateway.http.host import host
from gateway.http.message import END_OF_HEAD, RequestReader
from gateway.http.request import check_repeated, frame
from gateway.http.upgrade import wanted

_LOOKED_AT = frozenset((b"x-user-id", b"x-canary"))  # by the benchmark's own route
_MAX_BODY = 1024**3
_TAB = 9

Request = tuple[bytes, bytes]
"""A head with its empty line, and the body."""


class Timer:
    """One client's reader and what a worker remembers."""

    def __init__(self) -> None:
        self._reader = RequestReader()
        self._lines: dict[bytes, strict.RequestLine] = {}
        self._shapes = Shapes(FieldKinds(REQUEST_REMOVED, REQUEST_KNOWN, _LOOKED_AT))

    def known(self, requests: Sequence[Request]) -> None:
        """Read and check every request; raises Refused."""
        self._check(requests, remembers=True)

    def fresh(self, requests: Sequence[Request]) -> None:
        """Read and check every request, its request line too; raises Refused."""
        self._check(requests, remembers=False)

    def _check(self, requests: Sequence[Request], *, remembers: bool) -> None:
        reader, shapes = self._reader, self._shapes
        for head, body in requests:
            first = head[: head.index(b"\r\n")]
            line = self._lines.get(first)
            if line is None:
                line = strict.request_line(first)
                if remembers:
                    self._lines[first] = line
            reader.read_head(head)
            if _TAB in head:
                no_tabs(head)
            shape = shapes.of(reader.fields)
            count = head.count(b"\n")
            if count != len(reader.fields) + 2 or count > strict.MAX_FIELDS + 2:
                check_repeated(head, count, strict.MAX_FIELDS, _LOOKED_AT)
            host(reader.fields[shape.host] if shape.host else None, line)
            frame(reader, line, shape, _MAX_BODY)
            if shape.upgrade is not None:
                wanted(line, reader.fields, shape)
            reader.read_body(body)
            reader.take()

    def bare(self, requests: Sequence[Request]) -> None:
        """Read every request and believe it."""
        reader = self._reader
        for head, body in requests:
            reader.read_head(head)
            reader.expect(len(body))
            reader.read_body(body)
            reader.take()


def split(request: bytes) -> Request:
    """Part a request after its empty line."""
    end = request.index(END_OF_HEAD) + len(END_OF_HEAD)
    return request[:end], request[end:]


def microseconds(work: Callable[[Sequence[Request]], None], requests: Sequence[Request]) -> float:
    """Return the CPU time of one request."""
    start = time.process_time_ns()
    work(requests)
    return (time.process_time_ns() - start) / 1e3 / len(requests)


def main(pool: Path, rounds: int) -> None:
    """Time all ways in turn and print the rounds, after one that nobody counts."""
    requests = [split(request) for request in pool.read_bytes().split(SEPARATOR)]
    fresh, known = Timer(), Timer()
    ways = {"bare": fresh.bare, "known": known.known, "fresh": fresh.fresh}
    turns = [{name: microseconds(work, requests) for name, work in ways.items()} for _ in range(rounds + 1)]
    found = {name: [turn[name] for turn in turns[1:]] for name in ways}
    print(json.dumps({**found, "compiled": not (strict.__file__ or "").endswith(".py")}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
