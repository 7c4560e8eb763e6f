"""An HTTP/2 client that sends what it is told to, however wrong, one frame after the other."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from select import select
from typing import Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)

from tests.system.gateway_under_test import Gateway
from tests.system.secure_site import HOST, trusting
from tests.waiting import BOUND

Fields = list[tuple[bytes, bytes]]
GOAWAY = 7
UNCHECKED = H2Configuration(
    client_side=True,
    validate_outbound_headers=False,
    normalize_outbound_headers=False,
    validate_inbound_headers=True,
)


def request(path: str, *more: tuple[str, str], method: str = "GET", authority: str = HOST) -> Fields:
    """Return the fields of a request."""
    pseudo = [(":method", method), (":scheme", "https"), (":authority", authority), (":path", path)]
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (*pseudo, *more)]


@dataclass
class Answer:
    """What came on a stream so far; `reset` is the error that ended it, if one did."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    reset: int | None = None
    ended: bool = False


class Http2Client:
    """One connection; `gone` is the error of a GOAWAY, and `closed` tells that the other side hung up."""

    def __init__(self, gateway: Gateway, *, takes: bool = True) -> None:
        """Without `takes` no flow control window is ever opened anew."""
        raw = socket.create_connection(gateway.tls, BOUND)
        self.socket: ssl.SSLSocket = trusting(gateway, "h2").wrap_socket(raw, server_hostname=HOST)
        self.h2 = H2Connection(UNCHECKED)
        self.h2.initiate_connection()
        self.answers: dict[int, Answer] = {}
        self.gone: int | None = None
        self.closed = False
        self._takes = takes
        self._data = b""
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def flush(self) -> None:
        """Send what the library has to say."""
        self.send(self.h2.data_to_send())

    def send(self, data: bytes) -> None:
        """Send bytes as they are; where the other side has hung up by now, read what it said before."""
        try:
            self.socket.sendall(data)
        except OSError:
            while not self.closed:
                self._read()

    def begin(self, fields: Fields, body: bytes = b"", *, end: bool = True) -> int:
        """Send a request, or the begin of one; return its stream."""
        stream = self.h2.get_next_available_stream_id()
        self.answers[stream] = Answer()
        self.h2.send_headers(stream, fields, end_stream=end and not body)
        self.flush()
        for at in range(0, len(body), 16_384):
            piece = body[at : at + 16_384]
            self.until(lambda: self.h2.local_flow_control_window(stream) >= len(piece))  # noqa: B023
            self.h2.send_data(stream, piece, end_stream=end and at + len(piece) == len(body))
            self.flush()
        return stream

    def ask(self, fields: Fields, body: bytes = b"") -> Answer:
        """Send a request and wait for what becomes of it."""
        return self.answer(self.begin(fields, body))

    def answer(self, stream: int) -> Answer:
        """Wait for the end of an answer, or of the connection."""
        answer = self.answers[stream]
        self.until(lambda: answer.ended)
        return answer

    def peek(self) -> None:
        """Read what is here already."""
        while not self.closed and (self.socket.pending() or select([self.socket], [], [], 0)[0]):
            self._read()

    def until(self, done: Callable[[], bool]) -> None:
        """Read until something holds or nothing comes any more."""
        while not done() and not self.closed:
            self._read()

    def _read(self) -> None:
        try:
            data = self.socket.recv(65_536)
        except ConnectionError:  # an end without words is read as b"" as well, and a broken record is no end
            data = b""
        self.closed = self.closed or not data
        for frame in self._frames(data):
            for event in self.h2.receive_data(frame):
                self._note(event)
        self.flush()

    def _frames(self, data: bytes) -> Iterator[bytes]:
        """Yield whole frames, but keep GOAWAY from the library: it would understand nothing that follows."""
        self._data += data
        while len(self._data) >= 9 and len(self._data) >= (end := 9 + int.from_bytes(self._data[:3], "big")):
            frame, self._data = self._data[:end], self._data[end:]
            if frame[3] == GOAWAY:
                self.gone = int.from_bytes(frame[13:17], "big")
            else:
                yield frame

    def _note(self, event: Event) -> None:
        if isinstance(event, ResponseReceived):
            answer = self.answers[event.stream_id]
            answer.headers = {bytes(k).decode(): bytes(v).decode() for k, v in event.headers}
            answer.status = int(answer.headers.pop(":status"))
        elif isinstance(event, DataReceived):
            self.answers[event.stream_id].body += event.data
            if self._takes and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            self.answers[event.stream_id].ended = True
        elif isinstance(event, StreamReset):
            answer = self.answers[event.stream_id]
            answer.reset, answer.ended = int(event.error_code), True
