"""Sessions of the dashboard: who logged in gets a random cookie, of which only the hash is kept.

A session has what its token has, and ends with it; one of an identity provider ends when routing.yaml names
another or no longer gives that role for what it said at the login. Each ends with the log-out, after an hour
without a request and after half a day in any case. Each login makes a new one, so that nobody can be given
one beforehand.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gateway.control.access.database import note, opened, packed, unpacked
from gateway.control.access.oidc_person import still_grants
from gateway.control.access.roles import Principal
from gateway.control.access.tokens import digest_of
from gateway.routing.admin_settings import OidcSettings
from gateway.routing.journal import in_one_piece

LIFE: Final = 12 * 3600.0
"""Seconds that a session lives at most."""
IDLE: Final = 3600.0
"""Seconds without a request after which it ends."""
SEEN_EVERY: Final = 60.0
"""Seconds within which its use is written down once."""
MOST_OF_ONE: Final = 20
"""Sessions of one person or token at a time; the oldest ends beyond that."""

_FIND: Final = """
SELECT name, role, routes, token, seen, granted FROM sessions
WHERE digest = :digest AND ends > :now AND seen > :idle AND (token = '' OR EXISTS (
    SELECT 1 FROM tokens WHERE tokens.id = sessions.token AND tokens.revoked IS NULL
    AND (tokens.expires IS NULL OR tokens.expires > :now)))
"""
_SURPLUS: Final = """
DELETE FROM sessions WHERE digest IN (
    SELECT digest FROM sessions WHERE token = ? AND name = ? ORDER BY begun DESC LIMIT -1 OFFSET ?)
"""


class Sessions:
    """The sessions in a database; `clock` tells the seconds since 1970. Each method blocks for a moment.

    `oidc` is the identity provider in force.
    """

    def __init__(
        self, path: Path, clock: Callable[[], float] = time.time, oidc: OidcSettings | None = None
    ) -> None:
        self._path = path
        self._clock = clock
        self._oidc = oidc

    def begin(self, principal: Principal) -> str:
        """Return the cookie of a new session; it ends with the token that `principal.id` names, if any."""
        cookie, now = secrets.token_urlsafe(32), self._clock()
        who = (principal.id, principal.name, principal.role, packed(principal.routes), principal.granted)
        with opened(self._path) as connection, in_one_piece(connection):
            connection.execute("DELETE FROM sessions WHERE ends <= ? OR seen <= ?", (now, now - IDLE))
            connection.execute(
                "INSERT INTO sessions (digest, token, name, role, routes, granted, begun, ends, seen)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (digest_of(cookie), *who, now, now + LIFE, now),
            )
            connection.execute(_SURPLUS, (principal.id, principal.name, MOST_OF_ONE))
        return cookie

    def find(self, cookie: str) -> Principal | None:
        """Return who has a session, None where it has ended or never was."""
        digest, now = digest_of(cookie), self._clock()
        with opened(self._path) as connection:
            values = {"digest": digest, "now": now, "idle": now - IDLE}
            found = connection.execute(_FIND, values).fetchone()
            if found is None:
                return None
            name, role, routes, token, seen, granted = found
            if not token and not still_grants(granted, role, self._oidc):
                return None
            if now - seen >= SEEN_EVERY:
                note(connection, "UPDATE sessions SET seen = ? WHERE digest = ?", (now, digest))
        return Principal(name, role, "session", unpacked(routes), token)

    def people(self) -> list[str]:
        """Return who has a session without a token, by name."""
        now = self._clock()
        with opened(self._path) as connection:
            rows = connection.execute(
                "SELECT name, role, granted FROM sessions WHERE token = '' AND ends > ? AND seen > ?",
                (now, now - IDLE),
            ).fetchall()
        return sorted({name for name, role, granted in rows if still_grants(granted, role, self._oidc)})

    def end(self, cookie: str) -> None:
        """End a session, if it is one."""
        with opened(self._path) as connection:
            connection.execute("DELETE FROM sessions WHERE digest = ?", (digest_of(cookie),))
