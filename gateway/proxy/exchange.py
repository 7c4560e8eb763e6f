"""One request on its way: match > split > forward > observe.

An exchange is made once a head has been read and lives until the answer's last byte is written or either
side is gone. It owns the upstream connection for as long as it lasts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from email.utils import formatdate
from time import monotonic
from typing import TYPE_CHECKING

from gateway.errors import Fault
from gateway.http.framing import LAST_CHUNK, chunk, has_no_body
from gateway.http.headers import ANSWER_REMOVED, REQUEST_REMOVED, nominated, without
from gateway.http.message import CHUNKED, UNTIL_CLOSE
from gateway.http.strict import Refused, RequestLine
from gateway.monitoring.tally import FALLBACK
from gateway.proxy.observe import outcome_of, problem, record, record_fault
from gateway.proxy.pool import Endpoint
from gateway.proxy.table import CompiledRoute, Target
from gateway.proxy.upstream import UpstreamConnection

if TYPE_CHECKING:
    from gateway.proxy.server import ClientConnection

Picked = Mapping[bytes, tuple[bytes, bytes]]

_REPEATABLE = frozenset((b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"))
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
        "_picked",
        "_repeated",
        "_request_sent",
        "_rest",
        "_route",
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
        picked: Picked,
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
        self._picked = picked
        self._head = self._request_head(head)

    # -- split ---------------------------------------------------------------------------------------------

    def begin(self, body: bytes, complete: bool) -> None:
        """Choose the version and send the request, with what there is of its body, on its way."""
        self.context.exchanges.add(self)
        self._body_complete = complete
        self._body = chunk(body) if self._chunked and body else body
        if self._chunked and complete:
            self._body += LAST_CHUNK
        headers = {name: value for name, (_, value) in self._picked.items()}
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
        """Send to a service, or to stable where that service is down, or say that nobody can answer."""
        stable = self._route.stable
        if not target.backend.up and target is not stable:
            target.block.count(FALLBACK)
            target = stable
        self._target = target
        endpoint = target.backend.pick(self._tried) if target.backend.up else None
        if endpoint is None:
            if target is not stable:
                target.block.count(FALLBACK)
                self._go_to(stable)
            else:
                detail = f"no replica of service {target.name} can be reached"
                self.fail(Fault(503, "unavailable", detail, target.name))
            return
        self._endpoint = endpoint
        endpoint.outstanding += 1
        if endpoint.idle and not self._repeated:
            self._send(endpoint.idle.pop())
        else:
            self.client.read_more(False)
            self._connecting = self.context.loop.create_task(self._connect(endpoint))

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
        self.client.read_more(True)
        self._send(upstream)

    def _try_another(self, failed: Endpoint) -> None:
        """Nothing of the request has been acted on: another replica, or stable, may have it."""
        failed.outstanding -= 1
        self._endpoint = self._upstream = None
        self._tried = (*self._tried, failed)
        self._go_to(self._target)

    # -- forward: the request ------------------------------------------------------------------------------

    def _request_head(self, head: bytes) -> bytes:
        picked, line = self._picked, self.line
        block = head[head.index(b"\r\n") : -2]
        host = self.client.host
        for name, (spelled, value) in picked.items():
            if name in REQUEST_REMOVED or b"_" in name:
                block = without(block, spelled)
                if name == b"connection":
                    block = self._without_nominated(block, value)
        if line.authority is not None or b"host" not in picked:
            if b"host" in picked:
                block = without(block, picked[b"host"][0])
            block += b"host: %b\r\n" % (host or b"localhost")
        trace = b""
        given = picked.get(b"traceparent")
        if given is None or not _is_traceparent(given[1]):
            if given is not None:
                block = without(block, given[0])
            trace = b"traceparent: 00-%b-%016x-00\r\n" % (self.request_id, self.context.draw_bits(63) + 1)
        if self._chunked:
            trace += b"transfer-encoding: chunked\r\n"
        return b"%b %b HTTP/1.1%b%bx-forwarded-host: %b\r\nx-request-id: %b\r\n%b\r\n" % (
            self.method, line.target, block, self.client.forwarded, host, self.request_id, trace
        )  # fmt: skip

    def _without_nominated(self, block: bytes, connection: bytes) -> bytes:
        for name in nominated(connection):
            spelled = next((known for known in self.client.fields if known.lower() == name), None)
            if spelled is not None:
                block = without(block, spelled)
        return block

    def _send(self, upstream: UpstreamConnection) -> None:
        self._upstream = upstream
        upstream.send(self, self._head + self._body if self._body else self._head)
        self._whole_at_once = self._body_complete
        if self._body_complete:
            self._request_sent = monotonic()
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
            self._upstream.transport.write(body)
        if complete:
            self._request_sent = monotonic()

    def upstream_writable(self, writable: bool) -> None:
        """Part of Answered: hold the client back while the service takes no more."""
        self.client.read_more(writable)

    # -- forward: the answer -------------------------------------------------------------------------------

    def interim(self, head: bytes) -> None:
        """Part of Answered."""
        if self.line.is_http11:
            self.client.transport.write(head)

    def answer(self, head: bytes, status: int, framing: int, body: bytes, complete: bool) -> None:
        """Part of Answered."""
        client = self.client
        self._outcome = outcome_of(status)
        self._head_sent = True
        unframed = framing == UNTIL_CLOSE or (framing == CHUNKED and not self.line.is_http11)
        self._with_chunks = framing == CHUNKED or unframed
        if self._with_chunks and not self.line.is_http11:
            self._with_chunks = False
            client.keep_alive = False
        if not self._body_complete:
            client.keep_alive = False
        try:
            out = self._answer_head(head, status)
        except Refused as refused:
            self._head_sent = False
            self.answer_failed(f"the answer breaks HTTP/1.1: {refused.detail}")
            return
        if body:
            out += chunk(body) if self._with_chunks else body
        if complete:
            if self._with_chunks:
                out += LAST_CHUNK
            client.transport.write(out)
            self._complete()
        else:
            client.transport.write(out)

    def _answer_head(self, head: bytes, status: int) -> bytes:
        upstream = self._upstream
        assert upstream is not None
        line_end = head.index(b"\r\n")
        block = head[line_end:-2]
        picked = self.context.answer_fields.pick(upstream.fields)
        for name, (spelled, value) in picked.items():
            if name in ANSWER_REMOVED:
                block = without(block, spelled)
                if name == b"connection" and value.lower() != b"keep-alive" and value.lower() != b"close":
                    for hop in nominated(value):
                        for known in [field for field in upstream.fields if field.lower() == hop]:
                            block = without(block, known)
        extra = self._cookie
        if b"date" not in picked:
            extra += b"date: %b\r\n" % formatdate(usegmt=True).encode()
        if self._with_chunks and not has_no_body(self.method, status):
            extra += b"transfer-encoding: chunked\r\n"
        else:
            self._with_chunks = False
        if not self.client.keep_alive:
            extra += b"connection: close\r\n"
        elif not self.line.is_http11:
            extra += b"connection: keep-alive\r\n"
        return b"HTTP/1.1%b%b%b%b\r\n%b\r\n" % (
            head[8:line_end], block, self._target.stamp, self.request_id, extra
        )  # fmt: skip

    def answer_body(self, body: bytes, complete: bool) -> None:
        """Part of Answered."""
        if self._with_chunks:
            body = chunk(body) if body else b""
            if complete:
                body += LAST_CHUNK
        if body:
            self.client.transport.write(body)
        if complete:
            self._complete()

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
        client.transport.write(problem(fault, self.request_id, close=close, with_body=self.method != b"HEAD"))
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


def _is_traceparent(value: bytes) -> bool:
    """Tell whether a W3C traceparent is well-formed (version 00 to fe, ids not all zero)."""
    if len(value) < 55 or value[2:3] != b"-" or value[35:36] != b"-" or value[52:53] != b"-":
        return False
    if len(value) > 55 and (value[:2] == b"00" or value[55:56] != b"-"):
        return False
    digits = value[:2] + value[3:35] + value[36:52] + value[53:55]
    if digits.translate(None, b"0123456789abcdef"):
        return False
    return value[:2] != b"ff" and value[3:35] != b"0" * 32 and value[36:52] != b"0" * 16
