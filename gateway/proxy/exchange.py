"""One request on its way: match > split > forward > observe.

An exchange is made once a head has been read and lives until the answer's last byte is written or either
side is gone. It owns the upstream connection for as long as it lasts. Its layers, each of which knows those
below it alone: `Dispatch` finds who answers, `Retrying` asks another, `Outgoing` is the request's half,
`Answering` the answer's.
"""

from __future__ import annotations

from time import monotonic

from gateway.errors import Fault
from gateway.monitoring.tally import OK, SERVER_ERROR
from gateway.proxy.answering import Answering
from gateway.proxy.observe import record, record_fault
from gateway.proxy.tunnel import Tunnel
from gateway.proxy.upstream import UpstreamConnection

_REPEATABLE = frozenset((b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"))
_THE_SERVICES_FAULT = frozenset(("bad_gateway", "timeout"))


class Exchange(Answering):
    """The whole of one request and its answer."""

    __slots__ = ()

    # -- forward -------------------------------------------------------------------------------------------

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
        context.outbox.write(client.transport, self._stamped(head))
        tunnel = Tunnel(context.loop, client.transport, upstream, self._switch_to, self._tunnel_ended)
        upstream.tunnel = tunnel
        context.tunnels.add(tunnel)
        context.outbox.flush()
        client.switched(tunnel)
        if rest:
            tunnel.from_upstream(rest)

    def _stamped(self, head: bytes) -> bytes:
        """Return the head of an answer 101 as the client sees it."""
        extra = self._cookie + self.client.stamp
        return b"%b%b%b\r\n%b\r\n" % (head[:-2], self._target.stamp, self.request_id, extra)

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

    def client_gone(self) -> None:
        """The client closed its connection before its answer was whole."""
        if not self.done:
            self.fail(Fault(499, "disconnected", "the client closed its connection"))
