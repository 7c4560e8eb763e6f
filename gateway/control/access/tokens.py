"""What a token is: its text, what it grants and until when, and what its maker may not give away.

A token is `gw_<id>_<secret>`. The id is public and finds it; of the secret, 256 random bits, only the
SHA-256 is ever kept: there is nothing in it to guess, so a slow hash would protect nothing.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

from gateway.control.access.roles import Role, has

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$"
"""A token's name: it is written into the history as the author of what is done with it."""
PERSON: Final = r"^user:[^\s]{1,100}$"
"""Somebody of an identity provider, as they make tokens and history."""
LONGEST: Final = 100 * 365.25 * 86_400
"""Seconds that a token holds at most, where it expires at all."""
_TEXT: Final = re.compile(r"gw_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Token:
    """One token, without its secret. Times are in seconds since 1970; `expires` None: never.

    `routes` are the only ones it may touch (None: all); `last_used` is true to the minute; `made_with` is the
    id of the token that it was made with, empty: none.
    """

    id: str
    name: str
    role: Role
    routes: frozenset[str] | None
    created: float
    created_by: str
    expires: float | None
    revoked: float | None = None
    last_used: float | None = None
    made_with: str = ""

    def is_in_force(self, now: float) -> bool:
        """Tell whether it opens anything."""
        return self.revoked is None and (self.expires is None or now < self.expires)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is to grant, or what its maker has: a role, on these routes, until then."""

    role: Role
    routes: frozenset[str] | None = None
    expires: float | None = None


EVERYTHING: Final = Grant("admin")
"""What somebody has who may write the database itself."""


def overreach(wish: Grant, maker: Grant) -> str:
    """Return what a wish has that its maker has not, empty where it stays within."""
    if not has(maker.role, wish.role):
        return f"the role {maker.role} cannot make a token with the role {wish.role}"
    if maker.routes is not None:
        listed = ", ".join(sorted(maker.routes)) or "none"
        if wish.routes is None:
            return f"whoever is limited to some routes ({listed}) cannot make a token for all of them"
        if beyond := wish.routes - maker.routes:
            return (
                f"whoever is limited to some routes ({listed}) cannot make a token for "
                f"{', '.join(sorted(beyond))}"
            )
    if maker.expires is not None and (wish.expires is None or wish.expires > maker.expires):
        return "a token cannot outlive the one that it is made with; say how long it is to hold, or shorter"
    return ""


@dataclass(frozen=True, slots=True)
class Minted:
    """A new token's text, which nobody can show a second time, its id and the digest that is kept."""

    id: str
    text: str = field(repr=False)
    digest: bytes = field(repr=False)


def is_name(text: str) -> bool:
    """Tell whether a token can be called so."""
    return re.fullmatch(NAME, text) is not None


def is_person(text: str) -> bool:
    """Tell whether it is somebody of an identity provider, by the way they are called."""
    return re.fullmatch(PERSON, text) is not None


def minted() -> Minted:
    """Make up a token."""
    number, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    return Minted(number, f"gw_{number}_{secret}", digest_of(secret))


def parts(text: str) -> tuple[str, str]:
    """Return the id and the secret in a token's text; both empty where it is none."""
    found = _TEXT.fullmatch(text)
    return (found[1], found[2]) if found else ("", "")


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()
