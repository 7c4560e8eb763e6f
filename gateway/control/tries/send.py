"""One request through the gateway's own data plane: to the listener that it bound, and nowhere else."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.control.status.observation import Running
from gateway.errors import GatewayError
from gateway.outcall import CallFailed
from gateway.routing.addresses import Address, parse_address
from gateway.routing.auth_keys import OWN_KEY
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan

TIMEOUT: Final = 10.0
MOST_BYTES: Final = 1024 * 1024
KEY_WITHIN: Final = 2.5
"""Seconds in which every worker knows a key that was just made."""
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is bound, not what to bind


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer of the data plane; `seconds` from the connection to its last byte."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        """Return the body as JSON, None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def own_key(places: Places) -> str:
    """Return the key by which the gateway tries routes itself, made where there is none. Raises OSError."""
    path = places.run / OWN_KEY
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
        temporary.replace(path)
        return path.read_text(encoding="ascii").strip()


def send(
    plan: RoutingPlan, running: Running, method: str, target: str, body: bytes, headers: Mapping[str, str]
) -> Sent:
    """Send one request and return its answer, whatever its status; raises CallFailed."""
    connection = _connection(plan, running)
    began = time.monotonic()
    try:
        connection.request(method, target, body or None, {**headers, "connection": "close"})
        answer = connection.getresponse()
        content = bytearray()
        while piece := answer.read1(65_536):
            content += piece
            left = began + TIMEOUT - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if len(content) > MOST_BYTES:
                raise CallFailed(f"the answer is longer than {MOST_BYTES} bytes, too much to show")
            if connection.sock is not None:
                connection.sock.settimeout(left)
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Sent(answer.status, told, bytes(content), time.monotonic() - began)
    except TimeoutError:
        raise CallFailed(f"the data plane gave no answer within {TIMEOUT:g} s") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CallFailed(f"the data plane could not be asked: {error or type(error).__name__}") from error
    finally:
        connection.close()


def _connection(plan: RoutingPlan, running: Running) -> http.client.HTTPConnection:
    is_secure = bool(plan.tls and plan.tls.redirect and running.tls)
    address = parse_address(running.tls if is_secure else running.listen)
    if not isinstance(address, Address):
        raise GatewayError("no gateway is running here; start it with `gateway up`")
    host = _ANY.get(address.host.strip("[]"), address.host.strip("[]"))
    if not is_secure:
        return http.client.HTTPConnection(host, address.port, timeout=TIMEOUT)
    if plan.tls is not None and plan.tls.client_ca and plan.tls.client_required:
        raise GatewayError("the data plane wants client certificates, so the gateway cannot ask it itself")
    # Our own socket on this machine, by its address: its certificate is for the names that clients use.
    unverified = ssl._create_unverified_context()  # noqa: S323 - see above
    return http.client.HTTPSConnection(host, address.port, timeout=TIMEOUT, context=unverified)
