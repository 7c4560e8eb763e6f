"""Load in the background, in a process of its own, while this one changes the routing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection

from benchmarks.generator import CONNECTIONS, Books, Generator

_READY = "ready"
_PATIENCE = 60.0


class Traffic:
    """Requests that flow until `finish`."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def finish(self) -> Books:
        """Stop sending, wait for the last answers and return the books."""
        self._pipe.send("stop")
        return _books(self._pipe)


@contextmanager
def traffic(
    port: int, requests: Sequence[bytes], core: int | None, connections: int = CONNECTIONS
) -> Iterator[Traffic]:
    """Load 127.0.0.1:`port` from another process pinned to `core` until the block ends."""
    context = get_context("spawn")  # a fork would share this process's sockets and threads
    near, far = context.Pipe()
    process = context.Process(target=_load, args=(far, port, list(requests), core, connections), daemon=True)
    process.start()
    try:
        if not near.poll(_PATIENCE) or near.recv() != _READY:
            raise RuntimeError("the load's process did not start")
        yield Traffic(near)
    finally:
        near.close()
        process.join(5.0)
        if process.is_alive():
            process.kill()
            process.join(5.0)


def _books(pipe: Connection) -> Books:
    if not pipe.poll(_PATIENCE):
        raise RuntimeError(f"the load's process sent no books within {_PATIENCE:g} s")
    received = pipe.recv()
    if not isinstance(received, Books):
        raise RuntimeError(f"the load's process failed: {received}")
    return received


def _load(pipe: Connection, port: int, requests: list[bytes], core: int | None, connections: int) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})
    generator = Generator(port, requests, connections)
    pipe.send(_READY)
    outcome: Books | str
    try:
        outcome = generator.run(pipe.poll)
    except Exception as error:  # the parent raises it again, in words it would otherwise never see
        outcome = f"{type(error).__name__}: {error}"
    finally:
        generator.close()
    try:
        pipe.recv()
        pipe.send(outcome)
    except (EOFError, BrokenPipeError):
        pass  # the parent has given up this measurement and wants no books


def let_flow(seconds: float) -> None:
    """Let traffic pass for a measured stretch of time: part of the experiment, not a synchronisation."""
    time.sleep(seconds)
