"""A real identity provider, Canaille, for the tests: `python canaille_provider.py PORT REDIRECT_URI [FD]`.

Runs in an environment of its own (.venv-oidc) and says `ready` once it answers: on the listening socket FD,
where one is handed on.
"""

from __future__ import annotations

import datetime
import logging
import signal
import sys
import tempfile
from typing import Any

CLIENT, SECRET, PASSWORD = "gateway", "s3cret: with / signs+", "correct horse"
PEOPLE = {"ann": ["ml-leads", "ml"], "bob": ["on-call", "ml"], "vic": ["ml"], "eve": ["sales"]}
PEOPLE |= {f"person{number}": ["ml"] for number in range(8)}
"""Who is there, and in which groups; many, since it cannot give one person two tokens in a second."""


def settings(port: int, folder: str) -> dict[str, Any]:
    """Return its configuration: a database of its own, one RSA key.

    Not its memory backend, which takes any code of a client for any other.
    """
    from joserfc.jwk import RSAKey

    key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}, private=True)
    return {
        "SECRET_KEY": "only for tests",
        "SERVER_NAME": f"127.0.0.1:{port}",
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE_SQL": {"DATABASE_URI": f"sqlite:///{folder}/canaille.db", "PASSWORD_SCHEMES": "plaintext"},
        "CANAILLE": {"DATABASE": "sql", "JAVASCRIPT": False, "LOGGING": {"version": 1}},
        "CANAILLE_OIDC": {"ACTIVE_JWKS": [{name: str(it) for name, it in key.as_dict(private=True).items()}]},
    }


def fill(models: Any, backend: Any, redirect_uri: str) -> None:
    """Make the people, their groups and the client."""
    users = {}
    for name in PEOPLE:
        users[name] = models.User(
            user_name=name,
            formatted_name=name.title(),
            family_name=name.title(),
            emails=[f"{name}@example.org"],
            password=PASSWORD,
        )
        backend.save(users[name])
    for group in sorted({group for groups in PEOPLE.values() for group in groups}):
        members = [users[name] for name, groups in PEOPLE.items() if group in groups]
        backend.save(models.Group(display_name=group, members=members))
    client = models.Client(
        client_id=CLIENT,
        client_secret=SECRET,
        client_name="gateway",
        client_id_issued_at=datetime.datetime.now(datetime.UTC),
        client_uri="http://127.0.0.1/",
        redirect_uris=[redirect_uri],
        grant_types=["authorization_code"],
        response_types=["code"],
        scope=["openid", "profile", "email", "groups"],
        token_endpoint_auth_method="client_secret_basic",
    )
    backend.save(client)
    client.audience = [client]
    backend.save(client)


def main() -> None:
    """Serve until the process is ended."""
    from canaille import create_app  # type: ignore[import-not-found]
    from canaille.app import models  # type: ignore[import-not-found]
    from canaille.backends import Backend  # type: ignore[import-not-found]
    from werkzeug.serving import make_server

    port, redirect_uri = int(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(config=settings(port, folder))
        with app.app_context(), Backend.instance.session():
            fill(models, Backend.instance, redirect_uri)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        fd = int(sys.argv[3]) if len(sys.argv) > 3 else None
        server = make_server("127.0.0.1", port, app, threaded=True, fd=fd)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
