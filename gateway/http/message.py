"""One HTTP/1 message after another, read by llhttp and fed to it never beyond a message's end.

The end of a head is found first, so that llhttp always gets whole heads and the raw bytes stay at hand; that
llhttp agrees about where the head ended is checked. Bodies are fed piecewise such that a message can only
end where a piece ends. So nothing that follows a message is ever read as a part of it, and pipelined bytes
stay bytes until their turn comes.
"""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, HttpResponseParser

from gateway.http.strict import Refused

END_OF_HEAD = b"\r\n\r\n"
CHUNKED = -1
UNTIL_CLOSE = -2
MAX_OVERHEAD = 4 * 1024
"""Bytes that a chunked message may spend on extensions, trailers and needless zeros."""
_FEW = 64
_CHUNK_FRAME = 20  # sixteen digits and two line ends


class MessageReader:
    """Reads the messages of one connection; `fields`, `parts` and the flags are of the current message.

    `fields` maps names as written to values; of repeated names it has the first. `parts` collects the body
    as it comes and is taken by `take`. `upgrades`: the sender asked to leave HTTP after this message;
    `keeps_alive`: the sender goes on using the connection after it.
    """

    __slots__ = (
        "_chunks",
        "_headers_complete",
        "_overhead",
        "_parser",
        "_remaining",
        "_tail",
        "complete",
        "fields",
        "keeps_alive",
        "on_body",
        "on_header",
        "parts",
        "upgrades",
    )

    __deletable__ = ("_parser",)  # mypyc wants to know

    _parser: HttpRequestParser | HttpResponseParser

    def __init__(self) -> None:
        self.fields: dict[bytes, bytes] = {}
        self.parts: list[bytes] = []
        # Bound methods of built-in types: llhttp's callbacks then run without a Python frame.
        self.on_header = self.fields.setdefault
        self.on_body = self.parts.append
        self._headers_complete = False
        self.complete = False
        self.upgrades = False
        self.keeps_alive = False
        self._remaining = 0
        self._overhead = self._chunks = 0
        self._tail = b""

    def on_headers_complete(self) -> None:
        """Called by llhttp."""
        self._headers_complete = True
        self.keeps_alive = self._parser.should_keep_alive()  # later it has forgotten the head

    def on_chunk_header(self) -> None:
        """Called by llhttp."""
        self._chunks += 1

    def on_message_complete(self) -> None:
        """Called by llhttp."""
        self.complete = True

    def read_head(self, head: bytes) -> None:
        """Read one head, from its first byte to the empty line; raises Refused where llhttp objects."""
        self.fields.clear()
        self._headers_complete = self.complete = False
        self.upgrades = False
        self._remaining = 0
        self._tail = b""
        try:
            self._parser.feed_data(head)
        except HttpParserUpgrade:
            # llhttp leaves HTTP here. Nothing is upgraded by us, so the next head needs a fresh parser.
            self.complete = self.upgrades = True
            self._parser = type(self._parser)(self)
        except HttpParserError as error:
            raise Refused(400, f"not HTTP/1.1: {_reason(error)}") from error
        if not self._headers_complete:
            raise Refused(400, "the head does not end where its empty line is")

    def expect(self, length: int) -> None:
        """Say how the body ends: after so many bytes, or CHUNKED, or UNTIL_CLOSE."""
        self._remaining = length
        self._overhead = self._chunks = 0

    def read_body(self, data: bytes) -> bytes:
        """Read body bytes into `parts`; return those that lie beyond the message's end."""
        try:
            if self._remaining == CHUNKED:
                return self._read_chunked(data)
            rest = b""
            if self._remaining != UNTIL_CLOSE:
                if len(data) > self._remaining:
                    data, rest = data[: self._remaining], data[self._remaining :]
                self._remaining -= len(data)
            if data:
                self._parser.feed_data(data)
        except HttpParserError as error:
            raise Refused(400, f"broken body: {_reason(error)}") from error
        return rest

    def _read_chunked(self, data: bytes) -> bytes:
        # A chunked message ends with an empty line, so it can end nowhere but at a CR LF CR LF: one that
        # spans two packets, or one within this packet, which is looked for without copying it.
        tail = self._tail
        seam = tail + data[:3]
        fed = 0
        had = len(self.parts)
        at = seam.find(END_OF_HEAD)
        while at >= 0 and not self.complete:
            stop = at + 4 - len(tail)
            self._parser.feed_data(data[fed:stop])
            fed = stop
            at = seam.find(END_OF_HEAD, at + 1)
        while fed < len(data) and not self.complete:
            at = _empty_line(data, max(fed - 3, 0))
            stop = len(data) if at < 0 else at + 4
            self._parser.feed_data(data[fed:stop])
            fed = stop
        self._tail = data[-3:] if len(data) >= 3 else seam[-3:]
        # Extensions and trailers are work without data: they may not go on for ever.
        self._overhead += fed
        for part in self.parts[had:]:
            self._overhead -= len(part)
        if self._overhead > MAX_OVERHEAD + _CHUNK_FRAME * self._chunks:
            raise Refused(
                400, f"broken body: trailers and chunk extensions are longer than {MAX_OVERHEAD} bytes"
            )
        return data[fed:]

    def take(self) -> bytes:
        """Return the body bytes read since the last call."""
        parts = self.parts
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        return body

    def close(self) -> None:
        """Let go of the parser, which refers back to this reader."""
        del self._parser


class RequestReader(MessageReader):
    """Reads requests."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        self._parser = HttpRequestParser(self)


class AnswerReader(MessageReader):
    """Reads answers."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        self._parser = HttpResponseParser(self)

    def status(self) -> int:
        """Return the status of the current answer."""
        return int(self._parser.get_status_code())  # type: ignore[union-attr]

    def skip_body(self) -> None:
        """Take the message as complete with its head: the answer to HEAD, whatever its fields say."""
        if not self.complete:
            self.complete = True
            self._parser = HttpResponseParser(self)


def _empty_line(data: bytes, start: int) -> int:
    """Return where the next CR LF CR LF begins, or -1.

    Looking for CR alone is five times as fast in most bodies; one full of them is searched as a whole.
    """
    for _ in range(_FEW):
        at = data.find(b"\r", start)
        if at < 0 or data.startswith(END_OF_HEAD, at):
            return at
        start = at + 1
    return data.find(END_OF_HEAD, start)


def _reason(error: HttpParserError) -> str:
    return str(error) or type(error).__name__
