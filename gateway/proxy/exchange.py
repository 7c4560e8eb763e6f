"""One request on its way: match > split > forward > observe.

An exchange is made once a head has been read and lives until the answer's last byte is written or either
side is gone. It owns the upstream connection for as long as it lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING

from gateway.errors import Fault
from gateway.http.framing import LAST_CHUNK, chunk, has_no_body
from gateway.http.headers import BLANKS, Shape
from gateway.http.message import CHUNKED, UNTIL_CLOSE
from gateway.http.strict import Refused, RequestLine
from gateway.monitoring.tally import OK, SERVER_ERROR
from gateway.monitoring.tally_layout import HIT_HEADER_TIMEOUT, HIT_PER_TRY_TIMEOUT, HIT_TOTAL_TIMEOUT
from gateway.proxy.dispatch import Dispatch
from gateway.proxy.heads import answer_head, request_head, sticky_cookie
from gateway.proxy.log_entry import OVERRIDE, PREVIEW, STICKY, WEIGHTS, Entry
from gateway.proxy.observe import outcome_of, record, record_fault
from gateway.proxy.table import CompiledRoute, Target
from gateway.proxy.tracing import given_trace, trace_line
from gateway.proxy.tunnel import Tunnel
from gateway.proxy.upstream import Answer, UpstreamConnection

if TYPE_CHECKING:
    from gateway.proxy.server import ClientConnection

_REPEATABLE = frozenset((b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"))
_THE_SERVICES_FAULT = frozenset(("bad_gateway", "timeout"))
_TRY_ELSEWHERE = frozenset((502, 503, 504))
"""What a service answers that could not, or not yet, do its work."""


class Exchange(Dispatch):
    """The state of one request and its answer."""

    __slots__ = (
        "_body",
        "_chunked",
        "_cookie",
        "_draw",
        "_entry",
        "_head",
        "_outcome",
        "_shape",
        "_slow_since",
        "_started",
        "_switch_key",
        "_switch_to",
        "_with_chunks",
        "line",
        "method",
        "request_id",
        "streams_events",
    )

    def __init__(
        self,
        client: ClientConnection,
        line: RequestLine,
        route: CompiledRoute,
        head: bytes,
        shape: Shape,
        chunked: bool,
        switch_to: bytes,
    ) -> None:
        """`switch_to` is the protocol that the client asks to leave HTTP for, or nothing."""
        super().__init__(client, route)
        context = client.context
        self.line = line
        self.method = line.method
        self._chunked = chunked
        self._switch_to = switch_to
        self._switch_key = b""
        self._started = monotonic()
        self._body = self._cookie = b""
        self._with_chunks = self.streams_events = False
        self._outcome = OK
        self._slow_since = 0.0
        self._draw = context.draw_bits(128)
        self.request_id = b"%032x" % self._draw
        self._shape = shape
        fields = client.fields
        framing = b"transfer-encoding: chunked\r\n" if chunked else b""
        if switch_to:
            framing = b"connection: upgrade\r\nupgrade: %b\r\n" % switch_to
            if shape.websocket_key is not None:
                self._switch_key = fields[shape.websocket_key]
        given = given_trace(fields, shape)
        self._entry = self._begin_entry(fields, shape)
        trace = trace_line(given, self._draw, context, self._entry)
        self._head = request_head(
            line, head, shape, fields, client.host, client.forwarded, self.request_id,
            trace, bool(given), framing,
        )  # fmt: skip

    def _begin_entry(self, fields: dict[bytes, bytes], shape: Shape) -> Entry | None:
        """Return the log's entry of this request, None where it is not logged."""
        log = self._route.log
        if log is None:
            return None
        entry = log.begin(self.line, self._draw, self.request_id, self._started)
        if entry is not None:
            entry.request_head(fields, shape)
        return entry

    # -- split ---------------------------------------------------------------------------------------------

    def begin(self, body: bytes, complete: bool) -> None:
        """Choose the version and send the request, with what there is of its body, on its way."""
        self.context.exchanges.add(self)
        self._body_complete = complete
        if body and self._entry is not None:
            self._entry.request_body(body)
        self._body = chunk(body) if self._chunked and body else body
        if self._chunked and complete:
            self._body += LAST_CHUNK
        fields = self.client.fields
        headers = {name: fields[written].strip(BLANKS) for name, written in self._shape.looked_at}
        route, key = self._route, self._sticky_key(headers)
        entry = self._entry
        if entry is not None:
            entry.key = key or (self.client.caller if route.auth is not None else b"")
        if self.client.is_preview:
            none = f"route {route.name} has no idle version to preview: each of them has traffic"
            self._show(route.idle, none)
            return
        if route.preview_header and (named := headers.get(route.preview_header)):
            none = f"route {route.name} has no version {named[:100].decode('latin-1')!r} to preview"
            self._show(route.previews.get(named), none)
            return
        target = route.choose(headers, key, self._draw >> 64)
        if entry is not None or route.trials is not None:
            is_overridden = route.is_overridden(headers)
            if route.trials is not None and not is_overridden:
                self._trial = route.trials.begin(target.name, key, self._started)
            if entry is not None:
                entry.chosen = target.label
                entry.why = OVERRIDE if is_overridden else STICKY if key else WEIGHTS
        target.backend.budget.request()
        self._go_to(target)

    def _show(self, target: Target | None, none: str) -> None:
        """Send the request to the version it wants to see; where there is none, `none` says so."""
        if target is None:
            self.fail(Fault(404, "refused", none))
            return
        if self._entry is not None:
            self._entry.chosen, self._entry.why = target.label, PREVIEW
        target.backend.budget.request()
        self._go_to(target)

    def _sticky_key(self, headers: Mapping[bytes, bytes]) -> bytes:
        splitter = self._route.splitter
        if not splitter.is_sticky:
            return b""
        key = splitter.sticky_key(headers, self.client.peer, self.client.caller)
        if not key and splitter.cookie:
            key = self.request_id
            self._cookie = sticky_cookie(splitter.cookie, key, self._route.path.encode())
        return key

    # -- forward: the request ------------------------------------------------------------------------------

    def _send(self, upstream: UpstreamConnection) -> None:
        self._upstream = upstream
        if self._held:
            self._held = False
            self.client.read_more(True)
        self._target.block.attempted()
        if self._entry is not None:
            self._entry.sent(monotonic() - self._started)
        data = self._head + self._body if self._body else self._head
        if self._switch_to:
            upstream.send(self, data, self._switch_to, self._switch_key)
        else:
            upstream.send(self, data)
        if self._body_complete:
            self._request_sent = self.context.now
            self._repeatable = self.method in _REPEATABLE and not self._switch_to
        else:
            self._body = b""

    def request_body(self, body: bytes, complete: bool) -> None:
        """More of the request's body came."""
        self._body_complete = complete
        if body and self._entry is not None:
            self._entry.request_body(body)
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
        if answer.status in _TRY_ELSEWHERE and self._again(stale=False, answered=complete):
            return
        client = self.client
        framing = answer.framing
        self._outcome = outcome_of(answer.status)
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
        elapsed = monotonic() - self._started
        self._target.block.first_byte(int(elapsed * 1e6))
        if self._trial is not None:
            self._trial.answered(answer, body)
        if self._entry is not None:
            self._entry.answered(answer, body, elapsed)
        if complete:
            if self._with_chunks:
                out += LAST_CHUNK
            self.context.outbox.write(client.transport, out)
            self._complete(elapsed)
        else:
            content_type = answer.shape.content_type
            if content_type is not None:
                self.streams_events = answer.fields[content_type].lower().startswith(b"text/event-stream")
            self.context.outbox.write_part(client.transport, out)

    def _answer_head(self, answer: Answer) -> bytes:
        extra = self._cookie + self.client.stamp
        if self._with_chunks and not has_no_body(self.method, answer.status):
            extra += b"transfer-encoding: chunked\r\n"
        else:
            self._with_chunks = False
        if not self.client.keep_alive:
            extra += b"connection: close\r\n"
        elif not self.line.is_http11:
            extra += b"connection: keep-alive\r\n"
        return answer_head(answer, self._target.stamp, self.request_id, extra)

    def answer_body(self, body: bytes, complete: bool) -> None:
        """Part of Answered."""
        if self._trial is not None:
            self._trial.more(body)
        if body and self._entry is not None:
            self._entry.answer_body(body)
        if self._with_chunks:
            body = chunk(body) if body else b""
            if complete:
                body += LAST_CHUNK
        if complete:
            self.context.outbox.write(self.client.transport, body)
            self._complete(monotonic() - self._started)
        elif body:
            self.context.outbox.write_part(self.client.transport, body)

    def answer_failed(self, why: str) -> None:
        """Part of Answered: the service did not answer whole."""
        endpoint, upstream = self._endpoint, self._upstream
        assert endpoint is not None
        assert upstream is not None
        endpoint.close()  # where one connection broke, the kept ones are likely to be broken too
        # A kept connection that turns out to be closed is the everyday race with a service's own time-out.
        stale = upstream.reused and not self._fresh
        if self._again(stale=stale):
            return
        service = self._target.name
        self.fail(
            Fault(502, "bad_gateway", f"service {service} at {endpoint} did not answer: {why}", service)
        )

    # -- leave HTTP ----------------------------------------------------------------------------------------

    def switched(self, head: bytes, rest: bytes) -> None:
        """Part of Answered: the service leaves HTTP as the client asked; from here on bytes are bytes."""
        upstream, client, context = self._upstream, self.client, self.context
        assert upstream is not None
        elapsed = monotonic() - self._started
        self._target.block.first_byte(int(elapsed * 1e6))
        record(self._target.block, OK, elapsed)
        trial, self._trial = self._trial, None
        if trial is not None:
            trial.ended(False, elapsed)
        if self._entry is not None:
            self._entry.headed(101, elapsed)
            self._entry.ended(self._target.label, OK, elapsed, self._body_complete)
        if self._endpoint is not None:
            self._endpoint.report(True, context.now)
        self._leave()  # a tunnel is open for hours: it is no request that the service works on
        self._head_sent = True
        context.exchanges.discard(self)  # no time-out of HTTP holds for it
        stamped = b"%b%b%b\r\n%b\r\n" % (
            head[:-2],
            self._target.stamp,
            self.request_id,
            self._cookie + client.stamp,
        )
        context.outbox.write(client.transport, stamped)
        tunnel = Tunnel(context.loop, client.transport, upstream, self._switch_to, self._tunnel_ended)
        upstream.tunnel = tunnel
        context.tunnels.add(tunnel)
        context.outbox.flush()
        client.switched(tunnel)
        if rest:
            tunnel.from_upstream(rest)

    def _tunnel_ended(self, tunnel: Tunnel) -> None:
        self.context.tunnels.discard(tunnel)
        if not self.done:
            self._end(reusable=False)

    # -- observe -------------------------------------------------------------------------------------------

    def _complete(self, elapsed: float) -> None:
        """The answer's last byte is written."""
        record(self._target.block, self._outcome, elapsed)
        if self._trial is not None:
            self._trial.ended(self._outcome == SERVER_ERROR, elapsed)
        if self._entry is not None:
            self._entry.ended(self._target.label, self._outcome, elapsed, self._body_complete)
        if self._endpoint is not None:
            self._endpoint.report(self._outcome != SERVER_ERROR, self.context.now)
        self._end(reusable=self._body_complete)
        self.client.exchange_ended(self._body_complete)

    def fail(self, fault: Fault) -> None:
        """Answer with a problem, or cut the answer short where its head is out already."""
        elapsed = monotonic() - self._started
        record_fault(self._target.block, fault, elapsed)
        if self._trial is not None:
            self._trial.failed(fault, self._head_sent, elapsed)
        if self._entry is not None:
            self._entry.failed(self._target.label, fault, elapsed, self._body_complete)
        if self._endpoint is not None:
            if fault.outcome in _THE_SERVICES_FAULT:
                self._endpoint.report(False, self.context.now)
            else:
                self._endpoint.forget()
        self._end(reusable=False)
        client = self.client
        if fault.outcome == "disconnected":
            return
        if self._head_sent:
            client.cut()
            return
        client.keep_alive = client.keep_alive and self._body_complete
        client.answer_problem(fault, self.request_id, with_body=self.method != b"HEAD")
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
        self._leave()

    def check_deadlines(self, now: float) -> None:
        """Give up where the service has had its time."""
        if self._trial is not None and self._body_complete and not self._head_sent:
            self._trial.waits(now - (self._request_sent or self._started))
        timeouts, service = self._route.timeouts, self._target.name
        waited = now - self._request_sent if self._request_sent and not self._head_sent else 0.0
        if waited > timeouts.header:
            self.context.tally.hit(HIT_HEADER_TIMEOUT)
            detail = f"service {service} began no answer within {timeouts.header:g} s"
            self.fail(Fault(504, "timeout", detail, service))
        elif now - self._started > timeouts.total and not self._body_complete:
            self.context.tally.hit(HIT_TOTAL_TIMEOUT)  # and no fault of the service's: it still waits
            detail = f"the request did not come within {timeouts.total:g} s, the whole time of its route"
            self.client.keep_alive = False
            self.fail(Fault(408, "refused", detail))
        elif now - self._started > timeouts.total:
            self.context.tally.hit(HIT_TOTAL_TIMEOUT)
            detail = f"service {service} took longer than {timeouts.total:g} s in all"
            self.fail(Fault(504, "timeout", detail, service))
        elif timeouts.per_try and waited > timeouts.per_try and self._slow_since != self._request_sent:
            self._slow_since = self._request_sent  # asked once; where nobody else may answer, it has its time
            if self._again(stale=False):
                self.context.tally.hit(HIT_PER_TRY_TIMEOUT)

    def client_gone(self) -> None:
        """The client closed its connection before its answer was whole."""
        if not self.done:
            self.fail(Fault(499, "disconnected", "the client closed its connection"))
