"""Requests to one replica, before any user's: is it there, does it answer, is it warm?

They go straight to the replica and not through the gateway, whose division they are no part of.
"""

from __future__ import annotations

import http.client
import json
import math
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.outcall import Answered, CallFailed, call_on
from gateway.routing.places import Places
from gateway.routing.plan import Service
from gateway.routing.settings import UpstreamTls


@dataclass(frozen=True, slots=True)
class Sample:
    """A request to try a version with; `body` is JSON."""

    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Replica:
    """Where one replica answers: a Unix socket's path, or a url."""

    name: str
    address: str
    tls: UpstreamTls | None = None


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's path."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def replicas(places: Places, service: Service) -> list[Replica]:
    """Return where the replicas of a service are, or will be once they are started."""
    if service.model:
        return [
            Replica(f"{service.name} replica {n}", str(places.socket(service.name, service.model, n)))
            for n in range(service.replicas)
        ]
    return [Replica(f"{service.name} at {url}", url, service.traffic.tls) for url in service.urls]


def is_there(replica: Replica, timeout: float, folder: Path) -> bool:
    """Tell whether a connection to a replica can be made."""
    connection = _connection(replica, timeout, folder)
    try:
        connection.connect()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def ask(
    replica: Replica, method: str, path: str, *, body: bytes = b"", timeout: float, folder: Path
) -> Answered:
    """Send one request to a replica; raises CallFailed. Certificates are named from `folder`."""
    headers = {"content-type": "application/json", "accept": "application/json"} if body else {}
    connection = _connection(replica, timeout, folder)
    return call_on(connection, replica.name, method, path, body=body, headers=headers, timeout=timeout)


def _connection(replica: Replica, timeout: float, folder: Path) -> http.client.HTTPConnection:
    if "://" not in replica.address:
        return UnixConnection(replica.address, timeout)
    parts = urlsplit(replica.address)
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = _trust(replica.tls or UpstreamTls(), folder)
        return http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=context)
    return http.client.HTTPConnection(host, parts.port, timeout=timeout)


def _trust(tls: UpstreamTls, folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / tls.ca) if tls.ca else None)
    # A name of its own is checked by the workers; here only the chain is: nothing of a user's is sent.
    context.check_hostname = tls.verify and not tls.server_name
    if not tls.verify:
        context.verify_mode = ssl.CERT_NONE
    if tls.cert:
        context.load_cert_chain(folder / tls.cert, folder / tls.key)
    return context


def try_out(
    replica: Replica, samples: list[Sample], *, times: int, timeout: float, folder: Path
) -> list[float]:
    """Send each sample some times and return the seconds that each answer took.

    Raises CallFailed at the first answer that is no success, or that is one of the Open Inference Protocol
    with something other than numbers, words or truth values among its outputs.
    """
    taken = []
    for sample in samples:
        for _ in range(times):
            began = time.monotonic()
            answer = ask(replica, "POST", sample.path, body=sample.body, timeout=timeout, folder=folder)
            taken.append(time.monotonic() - began)
            _check(replica, sample, answer)
    return taken


def _check(replica: Replica, sample: Sample, answer: Answered) -> None:
    if not answer.is_ok:
        said = answer.body[:200].decode(errors="replace")
        raise CallFailed(
            f"{replica.name} answered a sample request to {sample.path} with {answer.status}: {said}"
        )
    try:
        found = json.loads(answer.body)
    except ValueError:
        return  # a service may answer in a language of its own
    if isinstance(found, dict) and "outputs" in found and not all(map(_is_sound, _values(found["outputs"]))):
        raise CallFailed(f"{replica.name} answered a sample request to {sample.path} with no usable outputs")


def _values(outputs: Any) -> Iterator[Any]:
    if not isinstance(outputs, list) or not outputs:
        yield None
        return
    for output in outputs:
        data = output.get("data") if isinstance(output, dict) else None
        if not isinstance(data, list) or not data:
            yield None
        else:
            yield from data


def _is_sound(value: Any) -> bool:
    return isinstance(value, (bool, int, str, list)) or (isinstance(value, float) and math.isfinite(value))
