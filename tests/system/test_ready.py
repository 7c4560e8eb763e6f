"""The word "ready": a script that waits for it and goes on at once is refused nowhere."""

from __future__ import annotations

import socket

from tests.system.gateway_under_test import Gateway
from tests.waiting import BOUND


def test_at_the_word_ready_requests_and_the_admin_socket_are_answered(gateway: Gateway) -> None:
    """The line has just been printed; nothing is waited for."""
    path = gateway.folder / ".gateway" / "run" / "admin.sock"
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(BOUND)
        wire.connect(str(path))
        wire.sendall(b"GET /readyz HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n")
        assert wire.recv(12) == b"HTTP/1.1 200"
    assert gateway.request()[0] == 200
