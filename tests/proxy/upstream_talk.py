"""A connection to a service without a network, and who asks on it."""

from __future__ import annotations

from gateway.proxy.upstream import UpstreamConnection
from tests.proxy.peer import OK
from tests.proxy.wires import Asker, Clock, Wire, connection_over

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
H = b"HTTP/1.1 200 OK\r\n"
EVENTS = {"chunked": H + b"Transfer-Encoding: chunked\r\n\r\n", "until close": H + b"X: 1\r\n\r\n"}


def ask(upgrade: bytes = b"") -> tuple[UpstreamConnection, Asker, Wire]:
    """Return a connection on which a second request was sent."""
    wire, asker = Wire(), Asker()
    connection = connection_over(wire, Clock())
    connection.send(Asker(), GET)
    connection.data_received(OK)
    connection.send(asker, GET, upgrade)
    return connection, asker, wire


LONG = H + b"A: " + b"a" * 300 + b"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
