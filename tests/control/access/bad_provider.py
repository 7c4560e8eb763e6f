"""An identity provider in this process that misbehaves as it is told: answers by address, signed tokens."""

from __future__ import annotations

import hmac
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "gateway"
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}, private=True)
OTHER = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}, private=True)
"""A key of somebody else, under the same name."""

Answer = tuple[int, dict[str, str], bytes]


class BadProvider:
    """Answers by path, `asked` are the paths in their order; `issuer` is where it is."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.asked: list[str] = []
        self.answers: dict[str, Callable[[], Answer]] = {}
        self.say("/.well-known/openid-configuration", self.discovery())
        self.say("/keys", {"keys": [KEY.as_dict(private=False)]})
        self.released = threading.Event()

    def discovery(self, **changed: object) -> dict[str, object]:
        """Return its discovery document."""
        names = {"authorization_endpoint": "/ask", "token_endpoint": "/token", "jwks_uri": "/keys"}
        found = {name: self.issuer + path for name, path in names.items()}
        return {"issuer": self.issuer, **found, **changed}

    def say(self, path: str, document: object, status: int = 200, **headers: str) -> None:
        """Answer a path with JSON from now on."""
        self.answers[path] = lambda: (status, headers, orjson.dumps(document))

    def hang(self, path: str) -> None:
        """Answer a path when the test is over."""

        def wait() -> Answer:
            self.released.wait()
            return 200, {}, b"{}"

        self.answers[path] = wait

    def token(self, nonce: str, /, key: Any = KEY, alg: str = "RS256", **changed: object) -> str:
        """Return an ID token; a claim that is changed to None is not in it."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 300}
        claims = {name: it for name, it in {**claims, "nonce": nonce, **changed}.items() if it is not None}
        return jwt.encode({"alg": alg, "kid": "first"}, claims, key, algorithms=[alg])


def with_shared_secret(token: str) -> str:
    """Return a token signed anew with HS256, with the provider's public key taken for a shared secret."""
    head = urlsafe_b64encode(b'{"alg":"HS256","kid":"first"}').rstrip(b"=").decode()
    signed = f"{head}.{token.split('.')[1]}"
    mac = hmac.digest(KEY.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@contextmanager
def misbehaving() -> Iterator[BadProvider]:
    """Run one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            status, headers, body = provider.answers[self.path.partition("?")[0]]()
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                pass  # whoever asked had enough

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = BadProvider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield provider
    finally:
        provider.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
