"""One kept connection to an HTTP target: bounded in time and size, and fails as a sink's target does.

Apart from `gateway.outcall`, which opens a connection for each request and shows no header of the answer: a
sink sends hundreds of requests a second and must know when to come again.
"""

from __future__ import annotations

import http.client
import ssl
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from gateway.outcall import MOST_BYTES, CallFailed, from_environment
from gateway.requestlog.sinks.target import SendFailed

CONTENT_REFUSED = frozenset({400, 413, 422})
"""What is wrong with the content itself. Any other 4xx (a wrong path, a token that ran out) would hold for
every record, so it counts as being down: nothing is thrown away because of a setting."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A target's answer to what it took."""

    status: int
    body: bytes


class Wire:
    """Posts to one URL; `timeout` in seconds holds for each request. Raises SendFailed where the URL is none.

    A name and password in it are not sent, so there must be none.
    """

    def __init__(self, url: str, timeout: float) -> None:
        try:
            parts = urlsplit(from_environment(url))
            port = parts.port
        except (CallFailed, ValueError) as error:
            raise SendFailed(str(error)) from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise SendFailed("its target must begin with http:// or https:// and name a host, without a user")
        self.where = f"{parts.scheme}://{parts.hostname}{f':{port}' if port else ''}"  # what holds no secret
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._timeout = timeout
        if parts.scheme == "https":
            context = ssl.create_default_context()
            self._connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, port, timeout=timeout, context=context
            )
        else:
            self._connection = http.client.HTTPConnection(parts.hostname, port, timeout=timeout)

    def post(self, body: bytes, headers: dict[str, str]) -> Reply:
        """Send a body and return the answer of success; raises SendFailed for any other."""
        is_kept = self._connection.sock is not None
        try:
            return self._post(body, headers)
        except (ConnectionError, http.client.BadStatusLine) as error:
            self._connection.close()
            if not is_kept:
                raise SendFailed(
                    f"{self.where} could not be asked: {error or type(error).__name__}"
                ) from None
        return self._again(body, headers)

    def _again(self, body: bytes, headers: dict[str, str]) -> Reply:
        """Once more on a new connection: the target may have closed the kept one long ago."""
        try:
            return self._post(body, headers)
        except (ConnectionError, http.client.BadStatusLine) as error:
            self._connection.close()
            raise SendFailed(f"{self.where} could not be asked: {error or type(error).__name__}") from None

    def _post(self, body: bytes, headers: dict[str, str]) -> Reply:
        deadline = time.monotonic() + self._timeout
        try:
            if self._connection.sock is not None:
                self._connection.sock.settimeout(self._timeout)
            self._connection.request("POST", self._path, body, headers)
            answer = self._connection.getresponse()
            reply = Reply(answer.status, self._read(answer, deadline))
        except TimeoutError:
            self._connection.close()
            raise SendFailed(f"{self.where} gave no answer within {self._timeout:g} s") from None
        except (ConnectionError, http.client.BadStatusLine):
            raise
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise SendFailed(f"{self.where} could not be asked: {error or type(error).__name__}") from None
        if 200 <= reply.status < 300:
            return reply
        raise SendFailed(
            f"{self.where} answered {reply.status}{_said(reply.body)}",
            refused=reply.status in CONTENT_REFUSED,
            retry_after=_seconds(answer.getheader("retry-after", ""), time.time()),
        )

    def _read(self, answer: http.client.HTTPResponse, deadline: float) -> bytes:
        """Read the body piece by piece: a socket's own time-out begins anew with each byte."""
        found = bytearray()
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if self._connection.sock is not None:
                self._connection.sock.settimeout(left)
            piece = answer.read1(65_536)
            if not piece:
                answer.read()  # nothing; but only now does the connection know that the answer has ended
                return bytes(found)
            found += piece
            if len(found) > MOST_BYTES:
                self._connection.close()
                raise SendFailed(f"{self.where} answered with more than {MOST_BYTES} bytes")

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()


def _said(body: bytes) -> str:
    text = " ".join(body[:200].decode("utf-8", "replace").split())
    return f": {text}" if text and text.isprintable() else ""


def _seconds(text: str, now: float) -> float:
    """Read Retry-After, either form; 0 where it is neither."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now) if text else 0.0
    except ValueError:
        return 0.0
