"""Keeps tokens, and tells whether one that was sent is good.

Nothing is remembered between two questions: what the command line revoked is refused at the next request.
"""

from __future__ import annotations

import hmac
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from gateway.control.access.database import held, note, opened, packed, unpacked
from gateway.control.access.tokens import Grant, Token, digest_of, minted, parts
from gateway.errors import ChangeRefused
from gateway.routing.journal import in_one_piece

KEPT_AFTER_END: Final = 90 * 86_400.0
"""Seconds for which a token that expired or was revoked is still listed."""
USED_EVERY: Final = 60.0
"""Seconds within which a token's use is written down once."""
_COLUMNS: Final = "id, name, role, routes, created, created_by, expires, revoked, last_used, made_with"
_FAMILY: Final = """
WITH RECURSIVE family(id) AS (
    SELECT id FROM tokens WHERE {seed} = ?
    UNION SELECT tokens.id FROM tokens JOIN family ON tokens.made_with = family.id)
SELECT id FROM family
"""
"""Some tokens, those made with them, those made with these and so on."""
_NOBODY: Final = bytes(32)


class TokenStore:
    """The tokens in a database; `clock` tells the seconds since 1970. Each method blocks for a moment."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._is_held = False

    def create(self, name: str, wish: Grant, made_by: str, made_with: str = "") -> tuple[Token, str]:
        """Keep a new token; return it and its text. Raises ChangeRefused where the name is in use.

        `made_with` is the id of its maker's token, with which it ends; that has to be in force.
        """
        now = self._clock()
        new = minted()
        token = Token(new.id, name, wish.role, wish.routes, now, made_by, wish.expires, made_with=made_with)
        values = (name, wish.role, packed(wish.routes), now, made_by, wish.expires)
        with opened(self._path) as connection, in_one_piece(connection):
            ended = now - KEPT_AFTER_END
            connection.execute("DELETE FROM tokens WHERE revoked < ? OR expires < ?", (ended, ended))
            if made_with and not any(it.is_in_force(now) for it in _select(connection, "id = ?", made_with)):
                raise ChangeRefused("the token that it was to be made with has just ended")
            for other in _select(connection, "name = ?", name):
                if other.is_in_force(now):
                    raise ChangeRefused(
                        f"there is a token {name} already ({other.id}), and the history would not tell them "
                        f"apart; choose another name, or run: gateway token revoke {other.id}"
                    )
            connection.execute(
                "INSERT INTO tokens (id, digest, name, role, routes, created, created_by, expires, made_with)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (new.id, new.digest, *values, made_with),
            )
        return token, new.text

    def all(self) -> list[Token]:
        """Return all tokens, the newest first."""
        with opened(self._path) as connection:
            return sorted(_select(connection, "1"), key=lambda token: -token.created)

    def find(self, number: str) -> Token | None:
        """Return the token of an id."""
        with opened(self._path) as connection:
            return next(iter(_select(connection, "id = ?", number)), None)

    def verified(self, text: str) -> Token | None:
        """Return the token that a text is, if it is in force; the work is the same where it is not."""
        number, secret = parts(text)
        with opened(self._path) as connection:
            if not self._is_held:
                self._is_held = True
                held(self._path, self)
            found = connection.execute(
                f"SELECT digest, {_COLUMNS} FROM tokens WHERE id = ?",  # noqa: S608 - a constant
                (number,),
            ).fetchone()
            is_right = hmac.compare_digest(found[0] if found else _NOBODY, digest_of(secret))
            if not found or not is_right:
                return None
            token, now = _token(found[1:]), self._clock()
            if not token.is_in_force(now):
                return None
            if token.last_used is None or now - token.last_used >= USED_EVERY:
                note(connection, "UPDATE tokens SET last_used = ? WHERE id = ?", (now, number))
            return token

    def revoke(self, number: str) -> list[Token]:
        """End a token, all that were made with it and with those, and their sessions.

        Returns it, and after it the others that were in force until now; nothing if none has that id.
        """
        with opened(self._path) as connection, in_one_piece(connection):
            ended = self._end_family(connection, "id", number)
            own = _select(connection, "id = ?", number)
            return [*own, *(token for token in ended if token.id != number)]

    def revoke_person(self, name: str) -> tuple[list[Token], int]:
        """End the sessions of somebody, all tokens they made and those made with these.

        Returns the tokens that were in force until now, and how many sessions of theirs there were.
        """
        with opened(self._path) as connection, in_one_piece(connection):
            ended = self._end_family(connection, "created_by", name)
            gone = connection.execute("DELETE FROM sessions WHERE token = '' AND name = ?", (name,))
            return ended, gone.rowcount

    def _end_family(self, connection: sqlite3.Connection, seed: str, value: str) -> list[Token]:
        """End tokens and all made with them; return those that were in force until now."""
        now = self._clock()
        found = _select(connection, f"id IN ({_FAMILY.format(seed=seed)})", value)
        for token in found:
            connection.execute(
                "UPDATE tokens SET revoked = ? WHERE id = ? AND revoked IS NULL", (now, token.id)
            )
            connection.execute("DELETE FROM sessions WHERE token = ?", (token.id,))
        return [token for token in found if token.is_in_force(now)]


def _select(connection: sqlite3.Connection, where: str, *values: str) -> list[Token]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM tokens WHERE {where}", values)  # noqa: S608 - constants
    return [_token(row) for row in rows]


def _token(row: tuple[Any, ...]) -> Token:
    number, name, role, routes, *rest = row
    return Token(number, name, role, unpacked(routes), *rest)
