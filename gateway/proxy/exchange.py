"""One request on its way: match > split > forward > observe.

An exchange is made once a head has been read and lives until the answer's last byte is written or either
side is gone. It owns the upstream connection for as long as it lasts.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from email.utils import formatdate
from time import monotonic
from typing import TYPE_CHECKING

from gateway.errors import Fault
from gateway.http.framing import LAST_CHUNK, chunk, has_no_body
from gateway.http.headers import Shape, passing, without
from gateway.http.message import CHUNKED, UNTIL_CLOSE
from gateway.http.strict import Refused, RequestLine
from gateway.monitoring.tally import FALLBACK
from gateway.proxy.observe import outcome_of, problem, record, record_fault
from gateway.proxy.pool import Endpoint
from gateway.proxy.table import CompiledRoute, Target
from gateway.proxy.upstream import Answer, UpstreamConnection

if TYPE_CHECKING:
    from gateway.proxy.server import ClientConnection

_REPEATABLE = frozenset((b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"))
# W3C Trace Context, 3.2: version, trace id and parent id (neither all zero), flags; later versions may add.
_IDS = rb"-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
_TRACEPARENT = re.compile(rb"00" + _IDS + rb"|(?!00|ff)[0-9a-f]{2}" + _IDS + rb"(?:-.*)?")
COOKIE_AGE = 365 * 24 * 3600


class Exchange:
    """The state of one request and its answer."""

    __slots__ = (
        "_body",
        "_body_complete",
        "_chunked",
        "_connecting",
        "_cookie",
        "_draw",
        "_endpoint",
        "_head",
        "_head_sent",
        "_outcome",
        "_repeated",
        "_request_sent",
        "_route",
        "_shape",
        "_started",
        "_target",
        "_tried",
        "_upstream",
        "_whole_at_once",
        "_with_chunks",
        "client",
        "context",
        "done",
        "line",
        "method",
        "request_id",
    )

    def __init__(
        self,
        client: ClientConnection,
        line: RequestLine,
        route: CompiledRoute,
        head: bytes,
        shape: Shape,
        chunked: bool,
    ) -> None:
        self.client = client
        self.context = context = client.context
        self.line = line
        self.method = line.method
        self._route = route
        self._target = route.stable
        self._chunked = chunked
        self._started = monotonic()
        self._request_sent = 0.0
        self._upstream: UpstreamConnection | None = None
        self._endpoint: Endpoint | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._tried: tuple[Endpoint, ...] = ()
        self._repeated = False
        self._body = self._cookie = b""
        self._head_sent = self._with_chunks = self.done = False
        self._outcome = 0
        self._draw = context.draw_bits(128)
        self.request_id = b"%032x" % self._draw
        self._shape = shape
        self._head = self._request_head(head)

    # -- split ---------------------------------------------------------------------------------------------

    def begin(self, body: bytes, complete: bool) -> None:
        """Choose the version and send the request, with what there is of its body, on its way."""
        self.context.exchanges.add(self)
        self._body_complete = complete
        self._body = chunk(body) if self._chunked and body else body
        if self._chunked and complete:
            self._body += LAST_CHUNK
        fields = self.client.fields
        headers = {name: fields[written] for name, written in self._shape.looked_at}
        self._go_to(self._route.choose(headers, self._sticky_key(headers), self._draw >> 64))

    def _sticky_key(self, headers: Mapping[bytes, bytes]) -> bytes:
        splitter = self._route.splitter
        if not splitter.is_sticky:
            return b""
        key = splitter.sticky_key(headers, self.client.peer)
        if not key and splitter.cookie:
            key = self.request_id
            self._cookie = b"set-cookie: %b=%b; Max-Age=%d; Path=%b; HttpOnly; SameSite=Lax\r\n" % (
                splitter.cookie, key, COOKIE_AGE, self._route.path.encode()
            )  # fmt: skip
        return key

    def _go_to(self, target: Target) -> None:
        """Send to a service, or to the one that stands in for it, or say that nobody can answer."""
        self._target = target
        endpoint = target.backend.pick(self._tried) if target.backend.up else None
        if endpoint is None:
            instead = self._instead_of(target)
            if instead is None:
                detail = f"no replica of service {target.name} can be reached"
                self.fail(Fault(503, "unavailable", detail, target.name))
            else:
                target.block.count(FALLBACK)
                self._go_to(instead)
            return
        self._endpoint = endpoint
        endpoint.outstanding += 1
        if endpoint.idle and not self._repeated:
            self._send(endpoint.idle.pop())
        else:
            self.client.read_more(False)
            self._connecting = self.context.loop.create_task(self._connect(endpoint))

    def _instead_of(self, target: Target) -> Target | None:
        """Return who answers while a service is down: stable, or while a new stable starts the one before."""
        route = self._route
        if target is route.last_resort:
            return None
        if target is not route.stable:
            return route.stable
        return None if target.backend.proven else route.last_resort

    async def _connect(self, endpoint: Endpoint) -> None:
        try:
            upstream = await endpoint.open(self._route.timeouts.connect)
        except (OSError, TimeoutError):
            if not self.done:
                self._try_another(endpoint)
            return
        if self.done:
            endpoint.release(upstream)
            return
        if upstream.lost:  # closed before anything was sent
            self._try_another(endpoint)
            return
        self._send(upstream)
        if not self.client.writable:  # it still reads the answer before this one
            self.client_writable(False)

    def _try_another(self, failed: Endpoint) -> None:
        """Nothing of the request has been acted on: another replica, or stable, may have it."""
        failed.outstanding -= 1
        self._endpoint = self._upstream = None
        self._tried = (*self._tried, failed)
        self._go_to(self._target)

    # -- forward: the request ------------------------------------------------------------------------------

    def _request_head(self, head: bytes) -> bytes:
        line, client, shape = self.line, self.client, self._shape
        fields = client.fields
        block = passing(head[head.index(b"\r\n") : -2], shape, fields)
        if line.authority is not None or shape.host is None:
            if shape.host is not None:
                block = without(block, shape.host)
            block += b"host: %b\r\n" % (client.host or b"localhost")
        trace = b""
        if shape.traceparent is None or not _TRACEPARENT.fullmatch(fields[shape.traceparent]):
            for given in (shape.traceparent, shape.spelled.get(b"tracestate")):
                if given is not None:
                    block = without(block, given)
            trace = b"traceparent: 00-%b-%016x-00\r\n" % (self.request_id, self.context.draw_bits(63) + 1)
        if self._chunked:
            trace += b"transfer-encoding: chunked\r\n"
        return b"%b %b HTTP/1.1%b%bx-forwarded-host: %b\r\nx-request-id: %b\r\n%b\r\n" % (
            line.method, line.target, block, client.forwarded, client.host, self.request_id, trace
        )  # fmt: skip

    def _send(self, upstream: UpstreamConnection) -> None:
        self._upstream = upstream
        if self._connecting is not None:
            self.client.read_more(True)
        upstream.send(self, self._head + self._body if self._body else self._head)
        self._whole_at_once = self._body_complete
        if self._body_complete:
            self._request_sent = self.context.now
        else:
            self._body = b""

    def request_body(self, body: bytes, complete: bool) -> None:
        """More of the request's body came."""
        self._body_complete = complete
        if self._chunked:
            body = chunk(body) if body else b""
            if complete:
                body += LAST_CHUNK
        if self._upstream is None:
            self._body += body
            return
        if body:
            self._upstream.write(body)
        if complete:
            self._request_sent = self.context.now

    def upstream_writable(self, writable: bool) -> None:
        """Part of Answered: hold the client back while the service takes no more."""
        self.client.read_more(writable)

    # -- forward: the answer -------------------------------------------------------------------------------

    def interim(self, head: bytes) -> None:
        """Part of Answered."""
        if self.line.is_http11:
            self.context.outbox.write(self.client.transport, head)

    def answer(self, answer: Answer, body: bytes, complete: bool) -> None:
        """Part of Answered."""
        client = self.client
        framing, status = answer.framing, answer.status
        self._outcome = outcome_of(status)
        self._head_sent = True
        unframed = framing == UNTIL_CLOSE or (framing == CHUNKED and not self.line.is_http11)
        self._with_chunks = framing == CHUNKED or unframed
        if self._with_chunks and not self.line.is_http11:
            self._with_chunks = False
            client.keep_alive = False
        if not self._body_complete or self.context.draining:
            client.keep_alive = False
        try:
            out = self._answer_head(answer)
        except Refused as refused:
            self._head_sent = False
            self.answer_failed(f"the answer breaks HTTP/1.1: {refused.detail}")
            return
        if body:
            out += chunk(body) if self._with_chunks else body
        if complete:
            if self._with_chunks:
                out += LAST_CHUNK
            self.context.outbox.write(client.transport, out)
            self._complete()
        else:
            self.context.outbox.write_part(client.transport, out)

    def _answer_head(self, answer: Answer) -> bytes:
        head = answer.head
        line_end = head.index(b"\r\n")
        shape = answer.shape
        block = passing(head[line_end:-2], shape, answer.fields)
        if answer.status == 204 and shape.length is not None:  # RFC 9110, 8.6; some would wait for it
            block = without(block, shape.length)
        extra = self._cookie
        if shape.date is None:
            extra += b"date: %b\r\n" % formatdate(usegmt=True).encode()
        if self._with_chunks and not has_no_body(self.method, answer.status):
            extra += b"transfer-encoding: chunked\r\n"
        else:
            self._with_chunks = False
        if not self.client.keep_alive:
            extra += b"connection: close\r\n"
        elif not self.line.is_http11:
            extra += b"connection: keep-alive\r\n"
        return b"HTTP/1.1%b%b%b%b\r\n%b\r\n" % (
            head[8:line_end].ljust(5), block, self._target.stamp, self.request_id, extra
        )  # fmt: skip

    def answer_body(self, body: bytes, complete: bool) -> None:
        """Part of Answered."""
        if self._with_chunks:
            body = chunk(body) if body else b""
            if complete:
                body += LAST_CHUNK
        if complete:
            self.context.outbox.write(self.client.transport, body)
            self._complete()
        elif body:
            self.context.outbox.write_part(self.client.transport, body)

    def client_writable(self, writable: bool) -> None:
        """Hold the service back while the client takes no more of its answer."""
        upstream = self._upstream
        if upstream is not None and not upstream.lost:
            if writable:
                upstream.transport.resume_reading()
            else:
                upstream.transport.pause_reading()

    def answer_failed(self, why: str) -> None:
        """Part of Answered: the service did not answer whole."""
        endpoint, upstream = self._endpoint, self._upstream
        assert endpoint is not None
        assert upstream is not None
        endpoint.close()  # where one connection broke, the kept ones are likely to be broken too
        if self._may_repeat(upstream):
            self._repeated = True
            upstream.finish(reusable=False)
            endpoint.outstanding -= 1
            self._upstream = self._endpoint = None
            self._go_to(self._target)
            return
        service = self._target.name
        self.fail(
            Fault(502, "bad_gateway", f"service {service} at {endpoint} did not answer: {why}", service)
        )

    def _may_repeat(self, upstream: UpstreamConnection) -> bool:
        """Tell whether the request may be sent once more, on a new connection.

        Only where a kept connection turned out to be closed before any answer, which is the everyday race
        with a service's own idle time-out, and only what may be done twice.
        """
        return (
            upstream.reused
            and not self._head_sent
            and not self._repeated
            and self._whole_at_once
            and self.method in _REPEATABLE
        )

    # -- observe -------------------------------------------------------------------------------------------

    def _complete(self) -> None:
        """The answer's last byte is written."""
        record(self._target.block, self._outcome, monotonic() - self._started)
        self._end(reusable=self._body_complete)
        self.client.exchange_ended(self._body_complete)

    def fail(self, fault: Fault) -> None:
        """Answer with a problem, or cut the answer short where its head is out already."""
        record_fault(self._target.block, fault, monotonic() - self._started)
        self._end(reusable=False)
        client = self.client
        if fault.outcome == "disconnected":
            return
        if self._head_sent:
            client.cut()
            return
        client.keep_alive = client.keep_alive and self._body_complete
        close = not client.keep_alive
        self.context.outbox.write(
            client.transport, problem(fault, self.request_id, close=close, with_body=self.method != b"HEAD")
        )
        client.exchange_ended(self._body_complete)

    def _end(self, *, reusable: bool) -> None:
        self.done = True
        self.context.exchanges.discard(self)
        if self._connecting is not None and self._upstream is None:
            self._connecting.cancel()
        if self._upstream is not None:
            self._upstream.finish(reusable=reusable)
        if self._endpoint is not None:
            self._endpoint.outstanding -= 1

    def check_deadlines(self, now: float) -> None:
        """Give up where the service has had its time."""
        timeouts, service = self._route.timeouts, self._target.name
        if self._request_sent and not self._head_sent and now - self._request_sent > timeouts.header:
            detail = f"service {service} began no answer within {timeouts.header:g} s"
            self.fail(Fault(504, "timeout", detail, service))
        elif now - self._started > timeouts.total:
            detail = f"service {service} took longer than {timeouts.total:g} s in all"
            self.fail(Fault(504, "timeout", detail, service))

    def client_gone(self) -> None:
        """The client closed its connection before its answer was whole."""
        if not self.done:
            self.fail(Fault(499, "disconnected", "the client closed its connection"))
