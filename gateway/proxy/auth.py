"""Who may use a route: keys of clients, looked up by their digest, read again when their file changes.

Nobody is let through by a mistake: a route whose file cannot be read when a worker first needs it answers
503, and a file that breaks later leaves the keys that were good. A file is read at once for a plan that names
it, and after that in a thread, since a disk that stalls must not stall requests.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gateway.errors import Fault, GatewayError
from gateway.files import read_small
from gateway.http.header_lines import without
from gateway.http.headers import BLANKS, Shape
from gateway.routing.auth_keys import (
    LONGEST_KEY,
    MOST_BYTES,
    OWN_KEY,
    OWN_NAME,
    PREFIX,
    ClientAuth,
    has_basic_key,
    read_keys_file,
)

log = logging.getLogger("gateway.worker")

_AUTHORIZATION = b"authorization"
_BEARER = (b"bearer ", b"bearer\t")
_OURS = PREFIX.encode()
_OWN = OWN_NAME.encode()
_Signature = tuple[int, int, int, int]


class KeyFile:
    """The keys in one file; `names` are clients by the digest of their key, None before any were read."""

    __slots__ = ("_path", "_problem", "_signature", "is_own", "names")

    def __init__(self, path: Path, is_own: bool = False) -> None:
        """`is_own`: it holds the gateway's own key itself, and need not be there."""
        self._path = path
        self.is_own = is_own
        self._signature: _Signature | None = None
        self._problem = ""
        self.names: dict[bytes, bytes] | None = None

    def refresh(self) -> None:
        """Read the file if it is another than before; keys that were good stay where it cannot be used."""
        try:
            found = os.stat(self._path)
            signature = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            if signature != self._signature:
                self.names = self._read()
                self._signature = signature
        except (OSError, ValueError, GatewayError) as error:
            if self.is_own and isinstance(error, FileNotFoundError):
                self.names, self._signature = {}, None
            else:
                self._complain(error)
            return
        if self._problem:
            log.info("%s can be used again", self._path)
            self._problem = ""

    def _read(self) -> dict[bytes, bytes]:
        content = read_small(self._path, MOST_BYTES)
        if self.is_own:
            return {hashlib.sha256(content.strip()).digest(): _OWN}
        return {key.digest: key.name.encode() for key in read_keys_file(content.decode())}

    def _complain(self, error: Exception) -> None:
        """Say it once: the next second finds the same."""
        problem = str(error.strerror if isinstance(error, OSError) else error)
        if problem != self._problem:
            then = "nobody is let through" if self.names is None else "the keys from before stay valid"
            log.error("%s cannot be used as keys of clients: %s; %s", self._path, problem, then)
            self._problem = problem


class KeyFiles:
    """All files of keys that the plan in force names, and the gateway's own."""

    __slots__ = ("_busy", "_files", "_folder", "_own")

    def __init__(self, folder: Path, run: Path) -> None:
        """Files are named from `folder`, that of routing.yaml."""
        self._folder = folder
        self._own = KeyFile(run / OWN_KEY, True)
        self._files: dict[str, KeyFile] = {}
        self._busy: asyncio.Future[None] | None = None

    def follow(self, routes: Iterable[Mapping[str, Any]]) -> None:
        """Have the files that these routes name, and no others; new ones are read at once."""
        wanted = {route["auth"]["keys"] for route in routes if "auth" in route}
        self._files = {name: self._files.get(name) or self._opened(name) for name in wanted}
        if wanted and self._own.names is None:
            self._own.refresh()

    def _opened(self, name: str) -> KeyFile:
        found = KeyFile(self._folder / name)
        found.refresh()
        return found

    def check(self, auth: ClientAuth) -> KeyCheck:
        """Return the check of a route."""
        file = self._files.get(auth.keys)
        if file is None:
            file = self._files[auth.keys] = self._opened(auth.keys)
        return KeyCheck(auth, file, self._own)

    def tick(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look after files that changed, in a thread; nothing while the last look is not over."""
        if not self._files or (self._busy is not None and not self._busy.done()):
            return
        self._busy = loop.run_in_executor(None, _refresh, [*self._files.values(), self._own])


def _refresh(files: list[KeyFile]) -> None:
    for file in files:
        try:
            file.refresh()
        except Exception:
            log.exception("a file of keys could not be looked at; its keys stay as they are")


class KeyCheck:
    """The check at the door of one route."""

    __slots__ = ("_file", "_forwards", "_header", "_own")

    def __init__(self, auth: ClientAuth, file: KeyFile, own: KeyFile) -> None:
        self._header = auth.header.encode()
        self._file = file
        self._own = own
        self._forwards = auth.forward

    def carrier(self, fields: Mapping[bytes, bytes], shape: Shape) -> bytes:
        """Return the header, as written, that has a request's key; empty where none has, or two have one.

        Fields that come twice must have been refused before. Beside a key in the header, authorization is
        the service's own, unless a key of ours is anywhere in it, in clear or as `Basic` encodes it: it
        would reach the service.
        """
        written = shape.spelled.get(self._header)
        bearer = shape.spelled.get(_AUTHORIZATION)
        if bearer is None:
            return written or b""
        if written is None:
            return bearer if fields[bearer][:7].lower() in _BEARER else b""
        value = fields[bearer]
        return b"" if _OURS in value or has_basic_key(value) else written

    def client(self, fields: Mapping[bytes, bytes], shape: Shape) -> bytes:
        """Return the name of the client whose key a request has, empty where it is nobody's."""
        carrier, names = self.carrier(fields, shape), self._file.names
        if not carrier or names is None:
            return b""
        value = fields[carrier]
        key = (value if carrier == shape.spelled.get(self._header) else value[7:]).strip(BLANKS)
        if not key or len(key) > LONGEST_KEY:
            return b""
        # What is compared is a digest of 256 random bits: how long that takes tells nobody how near it was.
        digest = hashlib.sha256(key).digest()
        own = self._own.names
        return names.get(digest) or (own.get(digest, b"") if own else b"")

    def without_key(self, head: bytes, caller: bytes, fields: Mapping[bytes, bytes], shape: Shape) -> bytes:
        """Return the head of a request less its key, unless services are to have it; ours nobody has."""
        if self._forwards and caller != _OWN:
            return head
        return without(head, self.carrier(fields, shape))

    def fault(self, route: str, fields: Mapping[bytes, bytes], shape: Shape) -> Fault:
        """Return the answer to a request without a valid key."""
        if self._file.names is None:
            detail = f"route {route} asks for a key, and its keys cannot be read now"
            return Fault(503, "unavailable", detail, retry_after=1)
        if self.carrier(fields, shape):
            return Fault(401, "refused", f"route {route} asks for a key, and this is none of its keys")
        header = self._header.decode()
        authorization = shape.spelled.get(_AUTHORIZATION)
        if authorization is not None and has_basic_key(fields[authorization]):
            detail = f"route {route} takes no key by Basic (`curl -u`); send it in {header} alone"
            return Fault(401, "refused", f"{detail}, as in: curl -H '{header}: KEY'")
        detail = f"route {route} asks for one key, in {header} or as authorization: Bearer"
        return Fault(401, "refused", detail)
