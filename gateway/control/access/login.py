"""Comes in, or does not: a token that is sent along, a token that becomes a session, a session, its end.

Whatever is wrong with a token is told in the same words after the same work. No secret is in them, in a log
or in what the audit trail is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request

from gateway.control.access.listening import is_by_socket
from gateway.control.access.lockout import Lockout
from gateway.control.access.oidc import Oidc
from gateway.control.access.roles import Principal
from gateway.control.access.sessions import Sessions
from gateway.control.access.token_store import TokenStore
from gateway.control.access.tokens import Token, parts
from gateway.control.problems import Refusal

OnEvent = Callable[[str, Principal | None, str, str, str], None]
"""Is told what happened, who did it, from where, to what, and how it ended; may block."""
BAD_TOKEN: Final = (
    "the token is not one that is in force: it may be mistyped, expired or revoked; "  # noqa: S105 - no secret
    "`gateway token create` makes one"
)
REFUSED: Final = "refused"
DONE: Final = "done"


def nobody_listens(*_: object) -> None:
    """Do nothing with an event."""


@dataclass(frozen=True, slots=True)
class Access:
    """Everything that decides who comes in. Each method blocks for a moment; `source` is an address."""

    tokens: TokenStore
    sessions: Sessions
    lockout: Lockout = field(default_factory=Lockout)
    on_event: OnEvent = nobody_listens
    clock: Callable[[], float] = time.time
    oidc: Oidc | None = None

    @classmethod
    def at(
        cls,
        path: Path,
        on_event: OnEvent = nobody_listens,
        clock: Callable[[], float] = time.time,
        oidc: Oidc | None = None,
    ) -> Access:
        """Return it for a database; `clock` tells the seconds since 1970."""
        sessions = Sessions(path, clock, oidc.settings if oidc else None)
        return cls(TokenStore(path, clock), sessions, on_event=on_event, clock=clock, oidc=oidc)

    def by_token(self, text: str, source: str) -> Principal:
        """Return who sends a token along; raises Refusal: 401, or 429 after too many that were wrong."""
        return self._principal(text, source, "authenticate")

    def log_in(self, text: str, source: str, before: str = "") -> str:
        """Return a new session's cookie; ends the one `before`. Raises Refusal like `by_token`."""
        return self.welcome(self._principal(text, source, "login"), source, before)

    def welcome(self, principal: Principal, source: str, before: str = "") -> str:
        """Return the cookie of a new session for who has shown who they are; ends the one `before`."""
        if before:
            self.sessions.end(before)
        cookie = self.sessions.begin(principal)
        self.on_event("login", principal, source, principal.id, DONE)
        return cookie

    def log_out(self, cookie: str, source: str) -> None:
        """End a session."""
        principal = self.sessions.find(cookie)
        self.sessions.end(cookie)
        if principal is not None:
            self.on_event("logout", principal, source, principal.id, DONE)

    def _principal(self, text: str, source: str, what: str) -> Principal:
        token = self.tokens.verified(text)
        if token is not None:
            return principal_for(token)
        if wait := self.lockout.failed(source):
            raise Refusal(
                429,
                f"too many wrong tokens came from {source}; try again in {wait} s",
                {"retry-after": str(wait)},
            )
        self.on_event(what, None, source, parts(text)[0], REFUSED)
        raise Refusal(401, BAD_TOKEN, {"www-authenticate": 'Bearer realm="gateway"'})


def principal_for(token: Token) -> Principal:
    """Return who comes with a token."""
    return Principal(f"token:{token.name}", token.role, "token", token.routes, token.id)


def access_of(request: Request) -> Access:
    """Return what decides who comes in, as the middleware `Identity` left it with the request."""
    found: Access = request.scope["access"]
    return found


def source_of(scope: Any) -> str:
    """Return where a request comes from: an address, `socket` for the Unix socket."""
    if is_by_socket(scope):
        return "socket"
    # What a proxy handed on need be no address.
    return str(scope["client"][0])[:64] if scope.get("client") else "unknown"
