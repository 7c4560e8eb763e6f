"""A worker as its own process: it serves from the slot alone, in bounded memory, and drains when told to."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from gateway.monitoring import tally
from gateway.routing.change import Request, commit
from gateway.routing.file_sync import begin
from gateway.routing.run_directory import prepare
from gateway.routing.shares import replace_weights
from tests.proxy.peer import OK, Peer, field, until
from tests.proxy.stage import Service, Stage

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
ASSEMBLE = [sys.executable, "-P", "-m", "gateway.assemble"]
MIB = 1024 * 1024
SIZE = (1024 if os.environ.get("GATEWAY_LONG") == "1" else 64) * MIB
PIECE = (b"\r\n\r\n0\r\n\r\n" + b"x" * 1015) * 1024  # with much that could be taken for an end


class Worker:
    """A worker process with its inherited socket; standard input is the lifeline."""

    def __init__(self, stage: Stage, route: str, services: dict[str, Service], send_buffer: int) -> None:
        self.places = prepare(stage.folder / "state")
        config = stage.config({name: service.url for name, service in services.items()}, route)
        begin(self.places, Request("file", "test"), config)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(100)
            if send_buffer:  # what it accepts has the same
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
            self.port = listener.getsockname()[1]
            fd = listener.fileno()
            self.process = subprocess.Popen(
                [*ASSEMBLE, "worker", str(self.places.state), "0", str(stage.folder), f"plain={fd}"],
                pass_fds=(fd,), stdin=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip

    def resident(self, what: str = "VmRSS") -> int:
        """Return the resident memory in bytes, or with VmHWM the highest there was."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(rf"{what}:\s+(\d+) kB", status)
        assert found
        return int(found[1]) * 1024

    def outcomes(self) -> dict[str, int]:
        """Return how many requests ended in each way."""
        _, counts = tally.read(self.places.tally(0))
        sums = [sum(column) for column in zip(*(count.outcomes for count in counts), strict=True)]
        return {name: number for name, number in zip(tally.OUTCOMES, sums, strict=False) if number}

    async def ended(self) -> str:
        """Wait for its end, which must be a proper one; return what it wrote to standard error."""
        await until(lambda: self.process.poll() is not None)
        assert self.process.returncode == 0
        assert self.process.stderr
        return self.process.stderr.read().decode()

    def close(self) -> None:
        """End the process if the test has not."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stderr):
            if pipe and not pipe.closed:
                pipe.close()


class Workers:
    """Starts workers and ends them after the test."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.started: list[Worker] = []
        self.send_buffer = 0

    def start(self, route: str = "weights: {blue: 1}", **services: Service) -> Worker:
        """Start a worker in front of these services."""
        self.started.append(Worker(self.stage, route, services, self.send_buffer))
        return self.started[-1]


@pytest.fixture
def workers(stage: Stage) -> Iterator[Workers]:
    """The workers of one test."""
    workers = Workers(stage)
    yield workers
    for worker in workers.started:
        worker.close()


async def accepts(stage: Stage, port: int) -> bool:
    """Tell whether a port is listened on."""
    try:
        await (await stage.client(port)).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return False  # reset: the listener closed while this one waited to be accepted
    return True


async def warm(client: Peer, blue: Service) -> Peer:
    """Have one request answered; return the service's connection."""
    await client.send(GET)
    service = await blue.accepted()
    await service.head()
    await service.send(OK)
    await client.answer()
    return service


@pytest.mark.parametrize("chunked", [False, True])
async def test_an_upload_of_any_size_takes_constant_memory(
    stage: Stage, workers: Workers, chunked: bool
) -> None:
    """Every byte arrives; the worker holds a few reads of it at most."""
    blue = await stage.service()
    worker = workers.start(blue=blue)
    client = await stage.client(worker.port)
    service = await warm(client, blue)
    before = worker.resident()
    pieces = SIZE // len(PIECE)
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % (pieces * len(PIECE))
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\n")

    async def upload() -> None:
        for _ in range(pieces):
            await client.send(b"%x\r\n%b\r\n" % (len(PIECE), PIECE) if chunked else PIECE)
        await client.send(b"0\r\n\r\n" if chunked else b"")

    sending = asyncio.create_task(upload())
    head = await service.head()
    assert field(head, "transfer-encoding") == ("chunked" if chunked else None)
    if chunked:
        received = 0
        while size := int((await service.reader.readuntil(b"\r\n"))[:-2], 16):
            await service.exactly(size + 2)
            received += size
        await service.exactly(2)
        assert received == pieces * len(PIECE)
    else:
        for _ in range(pieces):
            assert await service.exactly(len(PIECE)) == PIECE
    await sending
    await service.send(OK)
    assert (await client.answer())[1] == b"ok"
    assert worker.resident("VmHWM") - before < 12 * MIB


@pytest.mark.parametrize("framing", ["fixed", "until close"])
async def test_a_download_of_any_size_takes_constant_memory(
    stage: Stage, workers: Workers, framing: str
) -> None:
    """Every byte arrives; the worker holds a few reads of it at most."""
    blue = await stage.service()
    worker = workers.start(blue=blue)
    client = await stage.client(worker.port)
    service = await warm(client, blue)
    before = worker.resident()
    pieces = SIZE // len(PIECE)
    await client.send(GET)
    await service.head()

    async def download() -> None:
        length = b"Content-Length: %d\r\n" % (pieces * len(PIECE)) if framing == "fixed" else b""
        await service.send(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")
        for _ in range(pieces):
            await service.send(PIECE)
        if framing != "fixed":
            await service.leave()

    sending = asyncio.create_task(download())
    head = await client.head()
    if framing == "fixed":
        for _ in range(pieces):
            assert await client.exactly(len(PIECE)) == PIECE
    else:
        assert field(head, "transfer-encoding") == "chunked"
        received = 0
        while size := int((await client.reader.readuntil(b"\r\n"))[:-2], 16):
            await client.exactly(size + 2)
            received += size
        assert received == pieces * len(PIECE)
    await sending
    assert worker.resident("VmHWM") - before < 12 * MIB


async def test_an_idle_worker_is_small(stage: Stage, workers: Workers) -> None:
    """It loads no YAML, no SQL and no framework."""
    blue = await stage.service()
    worker = workers.start(blue=blue)
    await warm(await stage.client(worker.port), blue)
    assert worker.resident() < 45 * MIB


async def test_a_change_needs_nobody_but_who_makes_it(stage: Stage, workers: Workers) -> None:
    """The worker sees the slot change and answers the next request by the new plan."""
    services = {"blue": await stage.service(OK), "canary": await stage.service(OK)}
    worker = workers.start("weights: {blue: 1, canary: 0}", **services)
    client = await stage.client(worker.port)
    for revision, name in enumerate(("blue", "canary", "blue", "canary"), 1):
        weights = partial(replace_weights, route="all", weights={name: 1})
        plan, _ = commit(worker.places, Request("set-weight", "test"), weights)
        assert plan.revision == revision
        await client.send(GET)
        assert field((await client.answer())[0], "x-model-version") == name
    await until(lambda: tally.read_state(worker.places.tally(0)).revision == 4)
    assert tally.read_state(worker.places.tally(0)).pid == worker.process.pid
    assert tally.read_state(worker.places.tally(0)).connections == 1


async def test_the_clock_ticks_by_itself(stage: Stage, workers: Workers) -> None:
    """Time-outs and probes come without any request."""
    blue = stage.down(lambda _: OK)
    worker = workers.start("weights: {blue: 1}, timeouts: {header: 200ms}", blue=blue)
    client = await stage.client(worker.port)
    await client.send(GET)
    assert (await client.answer())[0][9:12] == b"503"
    blue.script = None
    await blue.listen()
    await blue.accepted()
    status = b"503"
    while status == b"503":  # the worker has yet to see that its probe was accepted
        await client.send(GET)
        status = (await client.answer())[0][9:12]
    assert status == b"504"


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "the end of standard input"])
async def test_draining_lets_what_is_in_flight_finish(stage: Stage, workers: Workers, how: str) -> None:
    """Idle connections and the listener close at once; answers say that they are the last."""
    blue = await stage.service()
    worker = workers.start(blue=blue)
    busy, idle, half = [await stage.client(worker.port) for _ in range(3)]
    service = await warm(idle, blue)
    await busy.send(GET)
    await service.head()
    await half.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nha")
    upload = await blue.accepted()
    await upload.head()
    if how.startswith("SIG"):
        worker.process.send_signal(getattr(signal, how))
    else:
        assert worker.process.stdin
        worker.process.stdin.close()
    assert await idle.end() == b""
    with pytest.raises(ConnectionRefusedError):
        await stage.client(worker.port)
    await service.send(OK)
    head, body = await busy.answer()
    assert (body, field(head, "connection")) == (b"ok", "close")
    assert await busy.end() == b""
    await half.send(b"lf")
    assert await upload.exactly(4) == b"half"
    await upload.send(OK)
    head, body = await half.answer()
    assert (body, field(head, "connection")) == (b"ok", "close")
    assert await worker.ended() == ""
    assert worker.outcomes() == {"ok": 3}


async def test_a_worker_that_is_replaced_leaves_politely(stage: Stage, workers: Workers) -> None:
    """After SIGHUP it accepts nobody, answers whoever is connected once more, and ends."""
    blue = await stage.service()
    worker = workers.start(blue=blue)
    idle = await stage.client(worker.port)
    service = await warm(idle, blue)
    worker.process.send_signal(signal.SIGHUP)
    while await accepts(stage, worker.port):
        pass  # to try takes a turn of the loop as it is
    await idle.send(GET)
    await service.head()
    await service.send(OK)
    head, body = await idle.answer()
    assert (body, field(head, "connection")) == (b"ok", "close")
    assert await idle.end() == b""
    assert await worker.ended() == ""
    assert worker.outcomes() == {"ok": 2}


async def test_draining_waits_for_a_slow_reader(stage: Stage, workers: Workers) -> None:
    """Most of an answer may still lie in the worker when its exchange is over."""
    body = b"x" * 60_000  # less than would hold the service back
    blue = await stage.service(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    workers.send_buffer = 8192
    worker = workers.start(blue=blue)
    client = await stage.client(worker.port, receive_buffer=8192, limit=1024)
    await client.send(GET)
    await client.head()
    await until(lambda: worker.outcomes() == {"ok": 1})
    worker.process.send_signal(signal.SIGTERM)
    beat = tally.read_state(worker.places.tally(0)).beat
    await until(lambda: tally.read_state(worker.places.tally(0)).beat > beat + 0.2)  # it has not given up
    assert await client.end() == body
    assert await worker.ended() == ""


async def test_a_restarted_worker_goes_on_counting(stage: Stage, workers: Workers) -> None:
    """After a kill -9 nothing that was counted is lost."""
    blue = await stage.service(OK)
    first = workers.start(blue=blue)
    client = await stage.client(first.port)
    await client.send(GET * 5)
    for _ in range(5):
        await client.answer()
    first.process.kill()
    first.process.wait()
    second = workers.start(blue=blue)
    client = await stage.client(second.port)
    await client.send(GET * 7)
    for _ in range(7):
        await client.answer()
    assert second.outcomes() == {"ok": 12}
