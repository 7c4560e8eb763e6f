"""The request's half of an exchange: which version it is for, its head as the service reads it, its body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway.errors import Fault
from gateway.http.framing import LAST_CHUNK, chunk
from gateway.http.headers import BLANKS, Shape
from gateway.http.strict import RequestLine
from gateway.proxy.compiled_route import CompiledRoute, Target
from gateway.proxy.heads import request_head, sticky_cookie
from gateway.proxy.log_entry import OVERRIDE, PREVIEW, STICKY, WEIGHTS, Entry
from gateway.proxy.retrying import Retrying
from gateway.proxy.tracing import given_trace, trace_line

if TYPE_CHECKING:
    from gateway.proxy.server import ClientConnection


class Outgoing(Retrying):
    """One request, on its way to the version that the split chose for it."""

    __slots__ = (
        "_body",
        "_chunked",
        "_cookie",
        "_draw",
        "_entry",
        "_head",
        "_shape",
        "_switch_key",
        "_switch_to",
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
        switch_to: bytes,
    ) -> None:
        """`switch_to` is the protocol that the client asks to leave HTTP for, or nothing."""
        super().__init__(client, route)
        self.line = line
        self.method = line.method
        self._chunked = chunked
        self._switch_to = switch_to
        self._switch_key = b""
        self._body = self._cookie = b""
        self._draw = self.context.draw_bits(128)
        self.request_id = b"%032x" % self._draw
        self._shape = shape
        fields = client.fields
        framing = b"transfer-encoding: chunked\r\n" if chunked else b""
        if switch_to:
            framing = b"connection: upgrade\r\nupgrade: %b\r\n" % switch_to
            if shape.websocket_key is not None:
                self._switch_key = fields[shape.websocket_key]
        self._entry = self._begin_entry(fields, shape)
        self._head = self._head_to_send(head, framing)

    def _head_to_send(self, head: bytes, framing: bytes) -> bytes:
        """Return the request's head as the service reads it."""
        client, shape = self.client, self._shape
        given = given_trace(client.fields, shape)
        trace = trace_line(given, self._draw, self.context, self._entry)
        return request_head(
            self.line, head, shape, client.fields, client.host, client.forwarded, self.request_id,
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

    def begin(self, body: bytes, complete: bool) -> None:
        """Choose the version and send the request, with what there is of its body, on its way."""
        self.context.exchanges.add(self)
        self._body = self._framed(body, complete)
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

    def request_body(self, body: bytes, complete: bool) -> None:
        """More of the request's body came."""
        body = self._framed(body, complete)
        if self._upstream is None:
            self._body += body
            return
        if body:
            self._upstream.write(body)
        if complete:
            self._request_sent = self.context.now

    def _framed(self, body: bytes, complete: bool) -> bytes:
        """Note what came of the body; return it as the service reads it."""
        self._body_complete = complete
        if body and self._entry is not None:
            self._entry.request_body(body)
        if self._chunked:
            body = chunk(body) if body else b""
            if complete:
                body += LAST_CHUNK
        return body

    def upstream_writable(self, writable: bool) -> None:
        """Part of Answered: hold the client back while the service takes no more."""
        self.client.read_more(writable)
