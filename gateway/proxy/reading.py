"""How requests are read off a client's connection: one head at a time, within the limits on size and time."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from gateway.http.header_lines import no_tabs
from gateway.http.headers import Shape
from gateway.http.host import host
from gateway.http.message import END_OF_HEAD
from gateway.http.request import check_repeated, frame, too_large
from gateway.http.strict import Refused, RequestLine, partial_head
from gateway.http.upgrade import wanted
from gateway.monitoring.tally_layout import HIT_KEEP_ALIVE_TIMEOUT, HIT_REQUESTS_PER_CONNECTION
from gateway.proxy.compiled_route import CompiledRoute
from gateway.proxy.door import Door
from gateway.proxy.exchange import Exchange

if TYPE_CHECKING:
    from gateway.proxy.context import Context

_TAB = 9


class Reading(Door):
    """One client, whose requests are read one after another."""

    __slots__ = ("_body_left", "_head_since", "_requests_left", "_searched", "_waiting")

    def __init__(self, context: Context, stream: bool) -> None:
        super().__init__(context, stream)
        self._waiting = b""
        self._searched = self._body_left = self._requests_left = 0
        self._head_since = 0.0

    def _pass_on(
        self,
        line: RequestLine,
        route: CompiledRoute,
        head: bytes,
        shape: Shape,
        chunked: bool,
        switch_to: bytes,
    ) -> None:
        """Let a service answer a request; what there is of its body is in the reader."""
        raise NotImplementedError

    def _read_heads(self, data: bytes) -> None:
        limits = self.context.limits
        while data:
            self._matched = None
            end = data.find(END_OF_HEAD, self._searched)
            if end < 0:
                partial_head(data, self._searched, limits.head, limits.url)
                self._waiting = data
                self._searched = max(len(data) - 3, 0)
                self._head_since = self._head_since or monotonic()
                return
            self._waiting = b""
            self._searched = 0
            self._head_since = 0.0
            if end > limits.head:
                partial_head(data[:end], 0, limits.head, limits.url)  # says whether it is the target
            if data[:2] == b"\r\n":  # some clients send an empty line after a body
                data = data[2:]
                if data[:2] == b"\r\n":
                    raise Refused(400, "there is more than one empty line before the request")
                continue
            rest = self._read_request(data[: end + 4], data[end + 4 :])
            if self.exchange is not None or not self.writable:
                self._waiting = rest
                return
            data = b"" if self._ended else rest

    def _read_request(self, head: bytes, rest: bytes) -> bytes:
        """Read one head and what there is of its body; return what lies beyond the request."""
        context, reader = self.context, self._reader
        if context.word[0] != context.revision:
            context.adopt()
        self._matched = matched = context.table.match(head[: head.index(b"\r\n")], context.limits.url)
        line, route = matched
        reader.read_head(head)
        shape = self._check_fields(head)
        self.host = host(reader.fields[shape.host] if shape.host else None, line)
        chunked = frame(reader, line, shape, context.limits.body)
        switch_to = b"" if shape.upgrade is None else wanted(line, reader.fields, shape)
        self._count_down()
        if rest and not reader.complete:
            rest = reader.read_body(rest)
        if route is None or route.has_door or context.redirect_port:
            if self._answer_here(line, route, shape):
                self._answered_here()
                return rest
            if route is not None and route.auth is not None:
                head = route.auth.without_key(head, self.caller, reader.fields, shape)
        assert route is not None
        self._pass_on(line, route, head, shape, chunked, switch_to)
        return rest

    def _answered_here(self) -> None:
        """No service heard of the request: wait for the next one, or close."""
        idle = self.context.idle
        self.idle_since = self.context.now
        if not self._stream and idle.pop(self, self) is None:
            idle[self] = None  # the last one again
        if not self.keep_alive:
            self._close_after(self._reader.complete)

    def _check_fields(self, head: bytes) -> Shape:
        """Check the lines of a head that was read; return the shape that they have together."""
        context, fields = self.context, self.fields
        if _TAB in head:
            no_tabs(head)
        count = head.count(b"\n")
        if count != len(fields) + 2 or count > context.limits.fields + 2:
            check_repeated(head, count, context.limits.fields, context.table.looked_at)
        return context.request_shapes.of(fields)

    def _count_down(self) -> None:
        """Decide whether the connection may have another request after this one."""
        self.keep_alive = self._reader.keeps_alive and not self.context.draining
        self._requests_left -= 1
        if self._requests_left <= 0:
            self.keep_alive = False
            self.context.tally.hit(HIT_REQUESTS_PER_CONNECTION)

    def _take_from_limit(self, body: bytes) -> None:
        """A chunked body says only at its end how long it is."""
        self._body_left -= len(body)
        if self._body_left <= 0:
            raise too_large(self.context.limits.body)

    def _read_body(self, exchange: Exchange, data: bytes) -> None:
        reader = self._reader
        rest = reader.read_body(data)
        self._body_since = self.context.now
        if rest:
            self._waiting += rest
        if reader.parts or reader.complete:
            body = reader.take()
            if self._body_left:
                self._take_from_limit(body)
            exchange.request_body(body, reader.complete)

    def check_deadlines(self, now: float) -> None:
        """Close a connection that is idle, or slow to send or to take, for too long."""
        within = self.context.limits.body_timeout
        if self._linger_until:
            if now > self._linger_until:
                self.transport.abort()
        elif not self.writable:
            self._check_stalled(now, within)
        elif self.exchange is None:
            self._check_idle(now)
        elif not self._reader.complete and not self._paused and now - self._body_since > within:
            self._refuse(Refused(408, f"nothing of the body came for {within:g} s", "body_timeout"))

    def _check_idle(self, now: float) -> None:
        limits = self.context.limits
        if self._head_since:
            within = limits.head_timeout
            if now - self._head_since > within:
                self._refuse(Refused(408, f"the head did not come within {within:g} s", "head_timeout"))
        elif now - self.idle_since > limits.keep_alive_timeout:
            if self.transport.is_closing():
                self.transport.abort()  # what it was sent last is never read
            elif not self._ended:
                self.context.tally.hit(HIT_KEEP_ALIVE_TIMEOUT)
                self.transport.close()
        elif self.context.draining and not self.context.polite:
            self.transport.close()
