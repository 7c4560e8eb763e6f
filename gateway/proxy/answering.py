"""The answer's half of an exchange: it is framed anew for the client, streamed, or asked for once more."""

from __future__ import annotations

from time import monotonic

from gateway.errors import Fault
from gateway.http.framing import LAST_CHUNK, chunk, has_no_body
from gateway.http.message import CHUNKED, UNTIL_CLOSE
from gateway.http.strict import Refused
from gateway.proxy.answered import Answer
from gateway.proxy.heads import answer_head
from gateway.proxy.observe import outcome_of
from gateway.proxy.outgoing import Outgoing

_TRY_ELSEWHERE = frozenset((502, 503, 504))
"""What a service answers that could not, or not yet, do its work."""

EVENTS = b"text/event-stream"
"""How the type of an answer begins that is a stream of events."""


class Answering(Outgoing):
    """One request whose answer is passed on."""

    __slots__ = ("_outcome", "_with_chunks")

    # Both are set with the answer's head, and nobody asks before.
    _outcome: int
    _with_chunks: bool

    def _complete(self, elapsed: float) -> None:
        """The answer's last byte is written."""
        raise NotImplementedError

    def interim(self, head: bytes) -> None:
        """Part of Answered."""
        if self.line.is_http11:
            self.context.outbox.write(self.client.transport, head)

    def answer(self, answer: Answer, body: bytes, complete: bool) -> None:
        """Part of Answered."""
        if answer.status in _TRY_ELSEWHERE and self._again(stale=False, answered=complete):
            return
        self._outcome = outcome_of(answer.status)
        self._head_sent = True
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
            self.context.outbox.write(self.client.transport, out)
            self._complete(elapsed)
        else:
            kind = answer.shape.content_type
            self.streams_events = kind is not None and answer.fields[kind].lower().startswith(EVENTS)
            self.context.outbox.write_part(self.client.transport, out)

    def _answer_head(self, answer: Answer) -> bytes:
        """Decide how the client sees where the answer ends; return its head. Raises Refused."""
        client, framing, is_http11 = self.client, answer.framing, self.line.is_http11
        has_no_length = framing in (CHUNKED, UNTIL_CLOSE)
        self._with_chunks = has_no_length and is_http11
        if (has_no_length and not is_http11) or not self._body_complete or self.context.draining:
            client.keep_alive = False
        extra = self._cookie + client.stamp
        if self._with_chunks and not has_no_body(self.method, answer.status):
            extra += b"transfer-encoding: chunked\r\n"
        else:
            self._with_chunks = False
        if not client.keep_alive:
            extra += b"connection: close\r\n"
        elif not is_http11:
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
