"""How the admin side can be reached, and what has to be so before others than this machine can reach it.

One value that `gateway up`, the control process and its guard share, so that they cannot disagree.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gateway.errors import ConfigError, GatewayError, Problem
from gateway.routing.addresses import Address
from gateway.routing.admin_document import admin_from, admin_part
from gateway.routing.admin_settings import USUAL_ADMIN, AdminSettings
from gateway.routing.file import read_text

_HOST: Final = re.compile(r"(\[[^\[\]]+\]|[^\[\]:]+)(?::[0-9]*)?")
WITHOUT_TLS: Final = "--admin-without-tls"
WITHOUT_AUTH: Final = "--admin-without-auth"


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the admin side listens, how routing.yaml protects it, and without what `gateway up` was told to.

    `without_tls`: TLS ends before the gateway; `without_auth`: nobody is asked, whoever can reach it.
    """

    address: Address = field(default_factory=lambda: Address("127.0.0.1", 9090))
    settings: AdminSettings = USUAL_ADMIN
    without_tls: bool = False
    without_auth: bool = False

    @property
    def is_local(self) -> bool:
        """Whether it is meant for this machine alone: by its address, and by all that is said of it.

        A proxy on this machine brings others here, and calls us by our own address.
        """
        said = self.settings
        is_for_others = said.hosts or said.trusted_proxies or said.oidc or self.without_tls
        return self.address.is_loopback and not is_for_others

    @property
    def asks_who(self) -> bool:
        """Whether a request needs a token or a session."""
        if self.settings.auth == "required":
            return True
        if self.settings.auth == "open" and self.address.is_loopback:
            return False
        return not self.is_local and not self.without_auth

    def is_open_to(self, source: str) -> bool:
        """Tell whether a request that comes from an address may do everything without a word.

        Where `auth: open` says so, that is this machine, not whomever a proxy on it brings here.
        """
        return not self.asks_who and (self.without_auth or _is_here(source))

    @property
    def is_secure(self) -> bool:
        """Whether this very port speaks TLS."""
        return self.settings.tls is not None

    @property
    def schemes(self) -> tuple[str, ...]:
        """How browsers may call it: where TLS ends before the gateway, both ways are its own."""
        if self.is_secure:
            return ("https",)
        return ("http",) if self.is_local else ("http", "https")

    def told(self) -> str:
        """Return what the control process is told of it, for `listening_at`.

        One that is started again must protect itself as this one did, whatever was saved meanwhile.
        """
        without = {"without_tls": self.without_tls, "without_auth": self.without_auth}
        return json.dumps({**without, **admin_part(self.settings)})

    def knows(self, host: str, here: str) -> bool:
        """Tell whether a Host header names this gateway; `here` is where the connection came to."""
        name = name_of(host)
        return is_loopback(host) or (name is not None and name in (*self.settings.hosts, _in_url(here)))

    def check(self, file: Path | None = None) -> None:
        """Raise GatewayError where others could reach an admin side that is not protected.

        `file` is the routing.yaml that has the address, None where `--admin` said it.
        """
        lacks = self._lacks()
        if not lacks:
            return
        told = (
            f"{self.address} can be reached from other machines, and the admin side "
            f"{'; and it '.join(lacks)}. Or keep it on 127.0.0.1"
        )
        if file is None:
            raise GatewayError(f"--admin {told}")
        from gateway.routing.read_admin import admin_place  # YAML, which the control process may not need

        raise ConfigError(file.name, [Problem(*admin_place(read_text(file)), f"`admin` {told}")])

    def _lacks(self) -> list[str]:
        """Return what is missing before others may reach it, and what to do about each."""
        if self.address.is_loopback:
            return []
        missing = []
        if self.settings.auth == "open" and not self.without_auth:
            missing.append(
                "asks nobody who they are: remove `auth: open` from `admin` in routing.yaml, "
                f"or say {WITHOUT_AUTH}"
            )
        if not self.is_secure and not self.without_tls:
            missing.append(
                "has no TLS, so tokens could be read on the way: add `tls: {cert: FILE, key: FILE}` to "
                f"`admin` in routing.yaml, or say {WITHOUT_TLS} where something before it ends TLS"
            )
        return missing


LOCAL: Final = Listening()
"""As nobody said anything: on loopback, where nobody is asked."""


def listening_at(address: Address, told: str) -> Listening:
    """Return how the admin side is reached at an address, as `Listening.told` said; empty: as usual."""
    found = json.loads(told) if told else {}
    return Listening(
        address, admin_from(found), found.get("without_tls", False), found.get("without_auth", False)
    )


def is_by_socket(scope: Mapping[str, Any]) -> bool:
    """Tell whether a request came by the Unix socket, which only this user can open."""
    server = scope.get("server")
    return server is not None and server[1] is None and server[0].startswith("/")


def name_of(host: str) -> str | None:
    """Return the name in a Host header, in lower case and without its port; None where it is malformed."""
    found = _HOST.fullmatch(host)
    return found[1].lower() if found else None


def is_loopback(host: str) -> bool:
    """Tell whether a Host header names this machine, with any port: by address or as localhost."""
    name = name_of(host)
    if name is None or name == "localhost":
        return name is not None
    bare = name.strip("[]")
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    return address.is_loopback and (address.version == 6) == name.startswith("[")


def _is_here(source: str) -> bool:
    """Tell whether a request comes from this machine: by the address of its source."""
    try:
        found = ipaddress.ip_address(source)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def _in_url(address: str) -> str:
    """Return an address as a browser writes it, empty where it is none (the path of a socket)."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or f"[{found}]")
    return str(found)
