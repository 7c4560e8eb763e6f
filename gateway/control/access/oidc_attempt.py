"""What binds a login at the provider to the browser that began it: a cookie, good once, for ten minutes.

Nothing is kept for a login that is begun, so nobody can fill the memory by beginning many: nonce and PKCE
verifier follow from its state by a key that only this process has. They never reach the browser.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

LIFE: Final = 600.0
"""Seconds that somebody may take to log in at the provider."""
MOST_USED: Final = 4096
"""Logins that came back and are remembered, so that none comes back twice."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login: what is sent to the provider, what has to come back, and what proves that we asked."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        """The S256 challenge of PKCE (RFC 7636)."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())


class Attempts:
    """The logins of one process; `clock` tells the seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._used: OrderedDict[str, None] = OrderedDict()
        self._turn = threading.Lock()

    def begin(self) -> tuple[Attempt, str]:
        """Return a new login and its cookie."""
        attempt = self._of(secrets.token_urlsafe(32))
        at = f"{int(self._clock()):x}"
        return attempt, f"{at}.{attempt.state}.{self._mac('cookie', at, attempt.state)}"

    def take(self, cookie: str, state: str) -> Attempt | None:
        """Return the login of a cookie, if the state that came back is its own; the second time None."""
        at, _, rest = cookie.partition(".")
        own, _, mac = rest.partition(".")
        if not _same(mac, self._mac("cookie", at, own)) or not _same(own, state):
            return None
        if not 0 <= self._clock() - int(at, 16) + 1 <= LIFE + 1:
            return None
        with self._turn:
            if own in self._used:
                return None
            self._used[own] = None
            while len(self._used) > MOST_USED:
                self._used.popitem(last=False)
        return self._of(own)

    def _of(self, state: str) -> Attempt:
        return Attempt(state, self._mac("nonce", state), self._mac("verifier", state))

    def _mac(self, *parts: str) -> str:
        return _text(hmac.digest(self._key, ".".join(parts).encode("utf-8", "surrogatepass"), "sha256"))


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
