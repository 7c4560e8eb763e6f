"""What the gateway answers itself: who may not pass, public pages, redirections, a client's mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.errors import Fault
from gateway.http.headers import Shape
from gateway.http.message import RequestReader
from gateway.http.strict import Refused, RequestLine
from gateway.monitoring.tally import OK, REFUSED
from gateway.monitoring.tally_layout import HIT_REDIRECT
from gateway.proxy.client import Client
from gateway.proxy.compiled_route import CompiledRoute
from gateway.proxy.exchange import Exchange
from gateway.proxy.observe import HITS, OF_FAULT, redirection
from gateway.proxy.own_answers import beyond_rate, keyless_beyond_rate, no_page, no_route, public_page

if TYPE_CHECKING:
    from gateway.proxy.context import Context


class Door(Client):
    """One client, whose requests are let in or answered here; `fields` are those of the last one.

    `exchange` is the request that a service answers, if any.
    """

    __slots__ = ("_matched", "_reader", "_stream", "caller", "exchange", "fields", "host")

    def __init__(self, context: Context, stream: bool) -> None:
        """`stream`: one of many on an HTTP/2 connection, which is counted and kept alive as a whole."""
        super().__init__(context)
        self._reader = RequestReader()
        self.fields = self._reader.fields
        self.exchange: Exchange | None = None
        self.host = b""
        self.caller = b""
        """The name of the client, where the route of the last request asks for keys."""
        self._stream = stream
        self._matched: tuple[RequestLine, CompiledRoute | None] | None = None

    def _answer_here(self, line: RequestLine, route: CompiledRoute | None, shape: Shape) -> bool:
        """Answer what no service shall hear of; return whether it was that."""
        context, reader = self.context, self._reader
        fault, page = None, b""
        if self.secure or not context.redirect_port:
            fault, page = self._own_answer(line, route, shape)
            if fault is None and not page:
                return False
        self.keep_alive = self.keep_alive and reader.complete
        reader.take()
        if page:
            context.tally.block("", "", 0).count(OK)
            context.outbox.write(self.transport, page)
        elif fault is None:
            self._redirect(line, route)
        else:
            context.tally.block("", "", 0).count(OF_FAULT[fault.outcome])
            self._answer_itself(fault, with_body=line.method != b"HEAD")
        return True

    def _redirect(self, line: RequestLine, route: CompiledRoute | None) -> None:
        """Send a client that came over plain HTTP to the same place over TLS."""
        context = self.context
        context.tally.hit(HIT_REDIRECT)
        out = redirection(self.host, context.redirect_port, line.target, close=not self.keep_alive)
        context.outbox.write(self.transport, out)
        if context.logbook is not None:
            log = route.log if route is not None else context.logbook.unmatched
            context.logbook.redirected(line, log, context.draw_bits(128))

    def _own_answer(
        self, line: RequestLine, route: CompiledRoute | None, shape: Shape
    ) -> tuple[Fault | None, bytes]:
        """Return why a request is not passed on, or the public page that it asks for; neither: pass it on."""
        if route is not None:
            return self._turned_away(route, shape), b""
        file = self.context.table.page(line.path)
        if not file:
            return no_route(line), b""
        if line.method not in (b"GET", b"HEAD"):
            return no_page(line), b""
        close = not (self.keep_alive and self._reader.complete)
        page = public_page(self.context, file, line, self.stamp, close)
        return (None, page) if page else (no_page(line), b"")

    def _turned_away(self, route: CompiledRoute, shape: Shape) -> Fault | None:
        """Return the answer to who has no key for a route or asks too often, None where it may pass."""
        if route.auth is not None:
            self.caller = route.auth.client(self.fields, shape)
            if not self.caller:
                beyond = keyless_beyond_rate(self.context, route, self.fields, shape, self.peer)
                return beyond or route.auth.fault(route.name, self.fields, shape)
        return beyond_rate(self.context, route, self.fields, shape, self.peer, self.caller)

    def _refuse(self, refused: Refused) -> None:
        """Answer a client's mistake and close: what follows on this connection cannot be trusted."""
        if refused.limit:
            self.context.tally.hit(HITS[refused.limit])
        fault = Fault(refused.status, "refused", refused.detail)
        exchange, self.exchange = self.exchange, None
        self.keep_alive = False
        if exchange is not None:
            exchange.fail(fault)
            return
        self.context.tally.block("", "", 0).count(REFUSED)
        self._answer_itself(fault)
        self._close_after(complete=False)

    def _answer_itself(self, fault: Fault, *, with_body: bool = True) -> None:
        """Answer a request that no service hears of, and write it down."""
        context = self.context
        draw = context.draw_bits(128)
        self.answer_problem(fault, b"%032x" % draw, with_body=with_body)
        book, matched = context.logbook, self._matched
        if book is None:
            return
        if matched is None:
            book.unread(fault, draw)
        else:
            line, route = matched
            book.refused(fault, line, route.log if route is not None else book.unmatched, draw)
