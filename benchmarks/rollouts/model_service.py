"""A model version that may be at fault: `python -m benchmarks.rollouts.model_service FOLDER FAULT`.

It is the application of `gateway serve` with a fault before it. It prints its port once it listens. An empty
FOLDER is a model that costs nothing to ask, where there is to be more load than two cores have predictions.
"""

from __future__ import annotations

import asyncio
import random
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.rollouts.fault import CHARGED, OWN, Fault, from_json, is_unlucky

_ANSWER = (
    b'{"model_name":"late","model_version":"v0","outputs":'
    b'[{"name":"late_probability","datatype":"FP64","shape":[1],"data":[0.25]}]}'
)
_SLOWEST, _LEAST_SLOW = 0.06, 0.02


class Faulty:
    """An application that does what its fault says before it asks the model, or instead."""

    def __init__(self, app: ASGIApp, fault: Fault, seed: int | None = None) -> None:
        self._app = app
        self._dice = random.Random(seed)
        self.fault = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == OWN:
            self.fault = from_json(await _body(receive))
            await _answer(send, 200, b"{}")
        elif not scope["path"].startswith(CHARGED) or not await self._is_failed(_user(scope)):
            await self._app(scope, receive, send)
        else:
            await _body(receive)
            await _answer(send, 500, b'{"error":"the model failed on a valid request"}')

    async def _is_failed(self, user: bytes) -> bool:
        """Wait as long as the fault says; tell whether the answer is to be an error."""
        fault = self.fault
        if fault.hangs:
            await asyncio.Event().wait()
        delay = fault.delay + self._dice.uniform(0.0, fault.spread)
        if self._dice.random() < fault.slow:
            delay += self._dice.uniform(_LEAST_SLOW, _SLOWEST)
        if delay:
            await asyncio.sleep(delay)
        return self._dice.random() < fault.errors or (bool(user) and is_unlucky(user, fault.users))


async def constant(scope: Scope, receive: Receive, send: Send) -> None:
    """A model that answers the same to everybody."""
    await _body(receive)
    await _answer(send, 200, _ANSWER)


def _user(scope: Scope) -> bytes:
    return next((value for name, value in scope["headers"] if name == b"x-user-id"), b"")


async def _body(receive: Receive) -> bytes:
    found = bytearray()
    while True:
        message = await receive()
        found += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(found)


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _model(folder: str) -> ASGIApp:
    if not folder:
        return constant
    from gateway.serving.app import build_app
    from gateway.serving.load import load_model

    return build_app(load_model(Path(folder)))


def _main(folder: str, fault: Fault) -> None:
    app = Faulty(_model(folder), fault)
    configuration = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(configuration).run(sockets=[listener])


if __name__ == "__main__":
    _main(sys.argv[1], from_json(sys.argv[2]))
