"""One HTTP request to somewhere else: bounded in time and size, never following a redirect.

For what the control process asks and tells others (hooks, judges elsewhere, notifications). The addresses are
those of routing.yaml alone.
"""

from __future__ import annotations

import http.client
import os
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.errors import GatewayError

MOST_BYTES = 1024 * 1024
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class CallFailed(GatewayError):
    """Somebody else did not answer, or not as agreed; the text says who and why."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: its status and its body."""

    status: int
    body: bytes

    @property
    def is_ok(self) -> bool:
        """Tell whether the status is one of success."""
        return 200 <= self.status < 300


def from_environment(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return a text with each `${NAME}` replaced; raises CallFailed where the environment lacks one."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in environ:
            raise CallFailed(
                f"the environment of the gateway has no {found[1]}, which routing.yaml refers to"
            )
        return environ[found[1]]

    return _VARIABLE.sub(value, text)


def call(
    method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None, timeout: float
) -> Answered:
    """Send one request and return its answer, whatever its status.

    `timeout` in seconds holds for the whole of it. Raises CallFailed where there is no whole answer in time,
    or one of more than a mebibyte.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CallFailed("a url must begin with http:// or https:// and name a host")  # it may hold a secret
    where = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"
    connection = _connection(parts.scheme, parts.hostname, parts.port, timeout)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return call_on(connection, where, method, target, body=body, headers=headers, timeout=timeout)


def call_on(
    connection: http.client.HTTPConnection,
    where: str,
    method: str,
    target: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    timeout: float,
) -> Answered:
    """Do as `call` does on a connection of the caller's making, which is closed; `where` is for messages."""
    deadline = time.monotonic() + timeout
    try:
        connection.request(method, target, body or None, dict(headers or {}))
        answer = connection.getresponse()
        return Answered(answer.status, _read(connection, answer, deadline, where))
    except TimeoutError:
        raise CallFailed(f"{where} gave no answer within {timeout:g} s") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CallFailed(f"{where} could not be asked: {error or type(error).__name__}") from error
    finally:
        connection.close()


def _connection(scheme: str, host: str, port: int | None, timeout: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=timeout)


def _read(
    connection: http.client.HTTPConnection, answer: http.client.HTTPResponse, deadline: float, where: str
) -> bytes:
    """Read the body piece by piece: a socket's own time-out begins anew with each byte."""
    found = bytearray()
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
        piece = answer.read1(65_536)
        if not piece:
            return bytes(found)
        found += piece
        if len(found) > MOST_BYTES:
            raise CallFailed(f"{where} answered with more than {MOST_BYTES} bytes")
